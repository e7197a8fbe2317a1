"""Who came, in the words of sshd, login, su, shadow, cron, FTP, RADIUS and Samba; and prose that sounds alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.extract.entities.logins import dissect_login
from siss.extract.entities.scan import Scanner

SCANNER = Scanner()


def named(text: str) -> set[str]:
    """What is named, with its type."""
    return {f"{one.name.type.value}={one.name.value}" for one in SCANNER.mentions(text.encode())}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Too many authentication failures for root [preauth]", "root"),
        ("Disconnecting: Too many authentication failures for invalid user 1234 [preauth]", "1234"),
        ("error: maximum authentication attempts exceeded for invalid user 1234 from", "1234"),
        ("Invalid user 0101 from unknown", "0101"),
        ("input_userauth_request: invalid user test [preauth]", "test"),
        ("Failed password for invalid user test from unknown", "test"),
        ("Failed none for illegal user info from unknown", "info"),
        ("Accepted gssapi-with-mic for alice from unknown", "alice"),
        ("Accepted keyboard-interactive/pam for alice from unknown", "alice"),
        ("Starting session: subsystem 'sftp' for bob from unknown", "bob"),
        ("User alice not allowed because account is locked", "alice"),
        ("new user: name=bob, UID=1001, GID=1001", "bob"),
        ("password changed for bob", "bob"),
        ("changed password expiry for bob", "bob"),
        ("FAILED su for root by bob", "root bob"),
        ("FAILED LOGIN 1 FROM (null) FOR bob, Authentication failure", "bob"),
        ("LOGIN ON tty1 BY bob", "bob"),
        ("(bob) RELOAD", "bob"),
        ("(CRON) INFO (pidfile fd = 3)", ""),
        ("authentication succeeded for username 'bob' [CN SET]", "bob"),
        ("[ftpuser] OK LOGIN: Client", "ftpuser"),
        ("USER bob (Login failed): Incorrect password", "bob"),
        ("USER bob: Login successful", "bob"),
        ("Login OK: [bob]", "bob"),
        ("Connection reset by peer [preauth]", ""),
        ("Invalid user name from the form", ""),
        ("Invalid user input from web clients", ""),
        ("reset the password for it from the console", ""),
        ("for a user with username `user`", ""),
    ],
)
def test_users(text: str, expected: str):
    assert named(text) == {f"username={name}" for name in expected.split()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Connection closed by authenticating user root 10.0.0.5 port 40222 [preauth]",
            "username=root ip_address=10.0.0.5 port=40222",
        ),
        ("Disconnected from user git 10.0.0.5 port 40222", "username=git ip_address=10.0.0.5 port=40222"),
        ("Disconnected from invalid user 0 10.0.0.5 port 40222", "username=0 ip_address=10.0.0.5 port=40222"),
        ("Disconnected from user ann 2001:db8::5 port 22", "username=ann ip_address=2001:db8::5 port=22"),
        (
            "Login incorrect (pap): [bob/x] (from client ap-lobby port 13 cli 0)",
            "username=bob hostname=ap-lobby",
        ),
        (
            "web01 (ipv4:10.0.0.5:51234) connect to service projects initially as user CORP\\bob (uid=1)",
            "hostname=web01 ip_address=10.0.0.5 port=51234 username=CORP\\bob",
        ),
        ("Started SelectChannelConnector@0.0.0.0:8080", "ip_address=0.0.0.0 port=8080"),
        ("ssh admin@10.0.0.1:2222", "username=admin ip_address=10.0.0.1 port=2222"),
        ("hostname set to visitor-10-105", "hostname=visitor-10-105"),
    ],
)
def test_what_stands_beside_them(text: str, expected: str):
    assert named(text) == set(expected.split())


@given(st.from_regex(r"\A[A-Za-z0-9_][\w.@$\\+-]{0,30}\Z", alphabet=st.characters(codec="ascii")))
def test_any_name_of_who_failed_is_told_with_its_span(name: str):
    said = f"Failed password for invalid user {name} from".encode()
    told = dissect_login(said)
    assert told is not None
    for _, value, start, end, _ in told:
        assert said[start:end].decode() == value == name.rstrip(".,")
