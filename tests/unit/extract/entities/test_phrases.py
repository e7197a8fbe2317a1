"""Machines, users and codes by the words and signs around them, and what looks the same."""

import pytest

from siss.extract.entities.scan import Scanner

SCANNER = Scanner()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dial tcp: lookup wiki-app on 127.0.0.11:53: no such host", "wiki-app 127.0.0.11 53"),
        ("Error: getaddrinfo ENOTFOUND mq-int", "ENOTFOUND mq-int"),
        ("stats-be could not be resolved (3: Host not found)", "stats-be"),
        ("the word could not be resolved", ""),
        ("using Java on wms-a with PID 88 (/x.jar started by wmsrun in /opt)", "wms-a wmsrun"),
        ("1 host (store-22) (1 osds) down", "store-22"),
        ("Access denied for user 'shop'@'web-a2' (using password: YES)", "shop web-a2"),
        ("Database backed up. Database: LvsProd, creation date", "LvsProd"),
        ("Database: MariaDB, database: PostgreSQL", ""),
        ('base="ou=people" filter="(uid=hkunze)"', "hkunze"),
        ("Could not reach lvs-api:9443 after 3 retries", "lvs-api 9443"),
        ("java.net.UnknownHostException: barcode-svc", "barcode-svc"),
        ("dial: db-3: Name or service not known", "db-3"),
        ("getaddrinfo: Name or service not known", ""),
        ("Server name is 'SQLH3'. This is informational", "sqlh3"),
        ("lvsapp3-fd JobId 812: Could not stat", "lvsapp3"),
        ("Unable to connect to the server EXCH03. Retry", "exch03"),
        ("Session ID: 12, UserID : kh4711", "kh4711"),
        ("    nodeName: gke-pool-2-x8vk", "gke-pool-2-x8vk"),
        ('node_name="needs_input"', ""),
        ("User 'rgarcia' authentication for SSH2 Session", "rgarcia"),
        ("target name used was cifs/fs02.corp.local.", "fs02.corp.local"),
        ("Default connector EX1\\Default Frontend EX1", ""),
        ("123456789012 eni-0a1b2c 10.0.0.9 10.0.0.21 20641 22 6 20", "10.0.0.9 10.0.0.21 20641 22"),
        ("docker run -d -p 8081:80 web", "8081 80"),
        ("set system host-name srx\n", "srx"),
        ("username fallback privilege 15", "fallback"),
        # Cells beside that of an address
        ("4711;NB-0815;10.22.8.15", "nb-0815 10.22.8.15"),
        ('"10.22.0.40","switch-og1","Aruba"', "10.22.0.40 switch-og1"),
        ("10.22.0.40,ipv4,10.22.0.41,eth0,10.22.0.42,deadbeef01,1", "10.22.0.40 10.22.0.41 10.22.0.42"),
        # The arguments of clients
        ("/usr/bin/psql -h pg-halle -p 5433 -U lvs -d lvs_core", "pg-halle 5433 lvs lvs_core"),
        ("mysqldump -h dbshop -u dump -pxyz --databases shop kasse > x", "dbshop dump shop kasse"),
        ("mysql --host=10.0.0.4 -P 3307 --user=anna wms", "10.0.0.4 3307 anna"),
        ("ssh -p 2222 web3; ssh web3 -l anna", "2222 anna"),
        ("mysql is a database - see the -h option of mysql", ""),
        ("ssh-keygen -t ed25519 -p 22", ""),
        ('psql -U "$DB_USER" -h $HOST', ""),
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
    kinds = {"hostname", "ip_address", "username", "database", "error_code", "port", "credential_ref"}
    found = (one.name for one in SCANNER.mentions(text.encode()))
    assert " ".join(name.value for name in found if name.type.value in kinds) == names
