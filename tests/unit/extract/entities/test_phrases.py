"""Machines, users and codes by the words and signs around them, and what looks the same."""

import pytest

from siss.extract.entities.scan import Scanner

SCANNER = Scanner()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dial tcp: lookup wiki-app on 127.0.0.11:53: no such host", "wiki-app 53"),
        ("Error: getaddrinfo ENOTFOUND mq-int", "ENOTFOUND mq-int"),
        ("stats-be could not be resolved (3: Host not found)", "stats-be"),
        ("the word could not be resolved", ""),
        ("using Java on wms-a with PID 88 (/x.jar started by wmsrun in /opt)", "wms-a wmsrun"),
        ("1 host (store-22) (1 osds) down", "store-22"),
        ("in URL host (CVE-2022-27780), Server (himself65)", ""),
        ("on the availability replica 'SQLN2' with", "sqln2"),
        ("the node 'div' of the tree", ""),
        ("user [LAGER]\\[ghofer] at", "ghofer"),
        ("NodeList=gpu-a04 #CPUs=32", "gpu-a04"),
        ('NAS-Identifier = "sw-3og"', "sw-3og"),
        (":host=>'web-1', :code=>429", "web-1 HTTP 429"),
        # The value of a key says what comes next
        ("update_node: node gpu-a09 reason set", "gpu-a09"),
        ("update_node: node is up", ""),
        # Between quotes or brackets
        ("targets: ['wms-a:9100', 'kran1:9182'], [gpu-a10]:6818 'line:1200'", "wms-a 9100 kran1 9182 gpu-a10 6818"),
        # Numbers of errors, and of lines
        ("failed (111: Connection refused), rc=113:No route to host", "errno 111 errno 113"),
        ("a.c: 12: No such file or directory", ""),
        ("error 21(The device is not ready.) at error 21 of", "error 21"),
        ("NT_STATUS_WRONG_PASSWORD, NT_STATUS_OK", "NT_STATUS_WRONG_PASSWORD"),
        ('"code":"ER_DUP_ENTRY", code: 404, code: 200', "ER_DUP_ENTRY HTTP 404"),
        ("10:40:01 ERROR 8812 --- [main]", ""),
    ],
)
def test_what_words_and_signs_tell(text: str, names: str) -> None:
    kinds = {"hostname", "username", "error_code", "port", "credential_ref"}
    found = (one.name for one in SCANNER.mentions(text.encode()))
    assert " ".join(name.value for name in found if name.type.value in kinds) == names
