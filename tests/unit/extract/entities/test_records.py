"""Records whose form tells what stands where: heads of lines, answers of servers, how processes ended."""

import pytest

from siss.extract.entities.scan import Scanner

SCANNER = Scanner()


def names(text: str, *kinds: str) -> set[str]:
    return {one.name.value for one in SCANNER.mentions(text.encode()) if one.name.type.value in kinds}


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        # What servers answered
        ("fe_api be_api/web04 0/0/1/22/23 504 812 - -", "error_code", "HTTP 504"),
        ("fe_api be_api/<NOSRV> 0/-1/-1/-1/+0 503 212 - - SC--", "error_code", "HTTP 503"),
        ("fe_api be_api/web04 0/0/1/22/23 200 812 - -", "error_code", ""),
        ("fe_api be_api/web04 0/0/1/22/23 200 812 - -", "hostname", "web04"),
        ("TCP_DENIED/403 3921 GET", "error_code", "HTTP 403"),
        ("TCP_MISS/200 3921 GET", "error_code", ""),
        ("Mozilla/5.0+(X11) - 500 0 64 233", "error_code", "HTTP 500"),
        ("Mozilla/5.0+(X11) - 200 0 0 15", "error_code", ""),
        ("rows 410 - 500 0 64 233 and more", "error_code", ""),
        ("[192.0.2.9]: 550 User unknown", "error_code", "SMTP 550"),
        ("RCPT TO: 554 Relay access denied", "error_code", "SMTP 554"),
        ("read [done]: 450 Messages in all", "error_code", ""),
        ('"OriginStatus":504,"x":1', "error_code", "HTTP 504"),
        ('"OriginStatus":204,"x":1', "error_code", ""),
        # What the system says of an error
        ("(13)Permission denied: cannot", "error_code", "errno 13"),
        ("(12)Permission denied: cannot", "error_code", ""),
        ("ORA-1 and ORA-60", "error_code", "ORA-1|ORA-60"),
        ("ORA-0 is none", "error_code", ""),
        # How a process ended
        ("code=exited, status=1/FAILURE", "error_code", "exit 1"),
        ("code=exited, status=203/EXEC", "error_code", "exit 203"),
        ("code=exited, status=137/n/a", "error_code", "exit 137"),
        ("code=killed, status=9/KILL", "error_code", "SIGKILL"),
        ("code=dumped, status=11/SEGV", "error_code", "SIGSEGV"),
        ("code=exited, status=0/SUCCESS", "error_code", ""),
        ("progress status=3/10", "error_code", ""),
        # Heads of lines
        ("2026-11-23 05:44:02,114 ftp3 vsftpd[811] 10.0.0.4", "hostname", "ftp3"),
        ("2026-11-23 05:44:02,114 ftp3 vsftpd[811] 10.0.0.4", "service_name", "vsftpd"),
        ("2026-11-23T05:44:02 gw-2 charon[12]: 05[IKE]", "hostname", "gw-2"),
        ("2026-11-23 05:44:02,114 INFO main[12] begun", "hostname", ""),
        ("2026-11-23 05:44:02,114 worker main[12] begun", "hostname", ""),
        ("[1795418600] nsd[88]: info: zone loaded", "service_name", "nsd"),
        ("Nov 23 05:44:02 rb-turm firewall,info forward: in:x", "hostname", "rb-turm"),
        ("Nov 23 05:44:02 rb-turm firewall,info forward: in:x", "date_reference", "--11-23"),
        ("am 21.11.26 09:58:00 Internetverbindung getrennt", "date_reference", "2026-11-21"),
        ("am 21.11.26 09:58:00 Internetverbindung getrennt", "version", ""),
        ("release 21.11.26 of the library", "version", "21.11.26"),
        ("data of 41.11.26 09:58:00", "date_reference", ""),
        # Who
        ("<= cron@example.net U=nagios P=local S=900", "username", "nagios"),
        ("for user [kai] -> [CORP\\kai.w] FAILED", "username", "kai|CORP\\kai.w"),
        ("mschulz ALL=(oracle:dba) NOPASSWD: /bin/ls", "username", "mschulz|oracle"),
        ("%admin ALL=(ALL:ALL) ALL", "username", ""),
        ("failed attempt for repl2 from 10.0.0.4", "username", "repl2"),
        ("Abmeldung des Benutzers opa von", "username", "opa"),
        ("die Daten des Benutzers sind", "username", ""),
        ('"ServerUserName":"svc_x","a":1', "username", "svc_x"),
        ("2026-11-23 08:46:11 ute/198.51.100.2:1194 TLS: ok", "hostname", ""),
        # What is watched, and where
        ("SERVICE ALERT: sw-keller;PING;CRITICAL", "service_name", "PING"),
        ("[recidive] Ban 203.0.113.9", "service_name", "recidive"),
        ("[postfix-sasl] Restore Ban 2001:db8::9", "service_name", "postfix-sasl"),
        ("[note] Found a better way", "service_name", ""),
        ("zone intern.example/IN: loaded serial 7", "hostname", "intern.example"),
        ('host is: "nn2.hdp.example":8020; For', "port", "8020"),
        ("vol1@vserver:0b1c", "username", ""),
        ("vol1@vserver:0b1c", "hostname", ""),
        ('["https-jsse-nio-8444"]', "port", "8444"),
        ('["nio-8444"]', "port", ""),
        ("connect to service '3306' of", "port", "3306"),
        ("exceeded with url: /v1/forecast (Caused", "url", "/v1/forecast"),
        ("Requested URL: '/auth/flow'.", "url", "/auth/flow"),
        # No secret's name
        ("  check_ntlm_password:  Authentication", "credential_ref", ""),
    ],
)
def test_what_stands_where(text: str, kind: str, expected: str):
    assert names(text, kind) == {value for value in expected.split("|") if value}
