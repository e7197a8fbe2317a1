r"""What single programs write in a form of their own: OpenVPN, Squid, Nagios, Oracle, Palo Alto, Slurm and others."""

import pytest

from siss.extract.entities.scan import Scanner

SCANNER = Scanner()
TRAFFIC = (
    "1,2026/11/23 06:08:01,0131,TRAFFIC,end,2561,2026/11/23 06:08:01,10.3.3.21,192.0.2.34,198.51.100.3,192.0.2.34,"
    "web-out,corp\\rfuchs,,ssl,vsys1,trust,untrust,ae1.12,ae2.99,fwd-log,2026/11/23 06:08:01,88123,1,51022,443,"
    "11822,8443,0x400053,tcp,allow"
)


def names(text: str, *kinds: str) -> set[str]:
    return {one.name.value for one in SCANNER.mentions(text.encode()) if one.name.type.value in kinds}


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        # VPN
        ("j.horn/198.51.100.44:61822 MULTI: Learn: 10.8.0.14", "username", "j.horn"),
        ("uma/2001:db8:77::5 SENT CONTROL", "username", "uma"),
        ("MULTI: Learn: 10.8.0.14 -> j.horn/198.51.100.44:61822", "username", "j.horn"),
        ("Connecting to backend/10.0.0.4:443 failed", "username", ""),
        ("from 2001:db8:9::1[4500] to 2001:db8:9::2[4500]", "ip_address", "2001:db8:9::1 2001:db8:9::2"),
        ("from 2001:db8:9::1[4500] to 2001:db8:9::2[500]", "port", "4500 500"),
        # Proxies, web servers, balancers
        ("CONNECT a.example.net:443 mfrank HIER_DIRECT/192.0.2.1", "username", "mfrank"),
        ("fe_https be_shop/web04 0/0/1/22/23 200", "hostname", "web04"),
        ("05:43:10 W3SVC4 WEBFE2 10.70.2.12 GET /a", "hostname", "webfe2"),
        ('ProtocolHandler ["http-nio-8085"]', "port", "8085"),
        # Monitoring
        ("nagios: SERVICE ALERT: dbx-04;MySQL;CRITICAL", "hostname", "dbx-04"),
        ("HOST NOTIFICATION: opsadmin;edge-rt9;DOWN", "hostname", "edge-rt9"),
        ("HOST NOTIFICATION: opsadmin;edge-rt9;DOWN", "username", "opsadmin"),
        # Databases
        ("(CONNECT_DATA=(SERVICE_NAME=ERPPROD)(CID=", "database", "ERPPROD"),
        ("(CONNECT_DATA=(SID = FIBU)", "database", "FIBU"),
        ("Server: ora, SID FIBUDR, Port 1521", "database", "FIBUDR"),
        ("[9912]: user=shop_rw,db=shop,app=psql", "database", "shop"),
        ("login attempt: db=billing user=svc_bill tls=no", "database", "billing"),
        ("user=shop_rw,db=none,app=x", "database", ""),
        # Firewalls
        (TRAFFIC, "port", "51022 443 11822 8443"),
        (TRAFFIC, "username", "corp\\rfuchs"),
        ("Deny tcp src outside:198.51.100.77/40212 dst dmz:10.9.8.7/22 by", "port", "40212 22"),
        # Schedulers, mainframes, brokers
        ("UserId=hpetrov(20511) GroupId=chem(2000)", "username", "hpetrov"),
        ("queue=long exec_host=node118/0*16", "hostname", "node118"),
        ("ICH408I USER(KMAIER ) GROUP(FINANZ  )", "username", "KMAIER"),
        ("Session 44112 for administrator TSMADM (Linux", "username", "TSMADM"),
        ("10.0.0.4:50112 as esp32 (p2, c1, k60, u'haus').", "username", "haus"),
        # Heads of lines
        ("2026-11-23T05:44:02Z isilon-4 isi_auth_d[3101]: Unable", "hostname", "isilon-4"),
        ("2026-11-23T05:44:02.120Z isilon-4 isi_auth_d[3101]: Unable", "service_name", "isi_auth_d"),
        ("2026-11-23T05:45:03.710Z In(14) Hostd[2099871]: [x", "service_name", "Hostd"),
        ("Nov 23 2026 02:14:33 HW-S5720 %%01SSH/5/LOGIN", "hostname", "hw-s5720"),
        ("2026-11-23T05:36:40.001Z INFO provisioner: found", "hostname", ""),
        # Who did it
        ("Authentication finally failed for kibanaro from 10.107.0.9:40022", "username", "kibanaro"),
        ("failed for request from 10.107.0.9", "username", ""),
        ("as well as the user who created it", "username", ""),
        ("text (200, u'hello')", "username", ""),
        ("User bschulz uploaded /data/a.xml", "username", "bschulz"),
        ("the user profile deleted", "username", ""),
        ("User root@10.1.250.33 logged in as x", "username", "root"),
        ("authentication for user [CORP]\\[tkurz] -> FAILED", "username", "tkurz"),
        ("12,corp\\rfuchs,allow", "username", "corp\\rfuchs"),
        ('"username":"system:serviceaccount:shop:deployer"', "username", "system:serviceaccount:shop:deployer"),
        # Labels in bold
        ("**Host:** git-runner-3 **User:** gitlab-runner", "username", "gitlab-runner"),
        ("**Host:** git-runner-3 **Port:** 2222", "port", "2222"),
        ("**Server**: `git-x2` **Login**: `deploybot`", "hostname", "git-x2"),
        ("**Server**: `git-x2` **Login**: `deploybot`", "username", "deploybot"),
        ("Rechner PC-EMPF-02 hat seit gestern", "hostname", "pc-empf-02"),
        ("* **mime-node:** flatten nested arrays", "hostname", ""),
        # What was asked of a server
        ('"requestURI":"/api/v1/nodes","verb":"list"', "url", "/api/v1/nodes"),
        ("exception for request /orders/4411/confirm by", "url", "/orders/4411/confirm"),
        # Who and what, by the word before
        ('"user":{"name":"otto"},"host":{"name":"web-12"}', "username", "otto"),
        ('"user": {"name": "otto"}, "agent": {"name": "web-12"}', "hostname", "web-12"),
        ('"server": {"name": "Shop"}', "hostname", ""),
        ("authenticated - identity 'mreich'", "username", "mreich"),
        ("JobID 88121 user kzimmer on gpu-17 exceeded", "username", "kzimmer"),
        ("user data on nas-1", "username", ""),
        ("main[tbraun]:203.0.113.9:40112 user disconnected", "username", "tbraun"),
        ("FOR AUTHID=DB2USR1", "username", "DB2USR1"),
        ("marked DOWN, keyspace sensordaten", "database", "sensordaten"),
        ("Der Server mailstore (10.12.0.4) wird", "hostname", "mailstore"),
        ("reach gRPC server at user-code:4000", "port", "4000"),
        ("nfs: server nas-arch OK", "hostname", "nas-arch"),
        ("LEEF:2.0|Palo|PAN|11.1|trust|src=10.6.1.2", "version", "11.1"),
        # Codes
        ("AH00957: http: attempt to connect", "error_code", "AH00957"),
        ("(MSC 1-4) WFLYJCA0004: Unable", "error_code", "WFLYJCA0004"),
        ("SocketException (10061): No connection", "error_code", "error~10061"),
        ("Error Number:18456,State:1", "error_code", "error~18456"),
        ("gelesen werden (Fehler 5).", "error_code", "error~5"),
        ("ConnectionError: Error 111 connecting to", "error_code", "error~111"),
        ("failed: Permission denied (13)", "error_code", "errno~13"),
        ("Permission denied (12)", "error_code", ""),
        ("mount error(112): Host is down", "error_code", "error~112"),
        ("rsync error: some files (code 23) at main.c(1338)", "error_code", "error~23"),
        ("fehlgeschlagen (Fehler 0x52e)", "error_code", "0x52e"),
        ("Failure Code: 0x12", "error_code", "0x12"),
        ("Failure Code: 0x0", "error_code", ""),
        ("for (let code = 0x21; code < 0x7f", "error_code", ""),
        ("Error 2026-11-23 05:46:41", "error_code", ""),
        # Days
        ("10,11/23/26,05:29:11,Assign", "date_reference", "2026-11-23"),
        ("10,11/12/26,05:29:11,Assign", "date_reference", "2026-11-12"),
        ("[11/23/26 5:40:30:221 CET]", "date_reference", "2026-11-23"),
        ("23-NOV-2026 05:31:02 * (", "date_reference", "2026-11-23"),
        ("23-Nov 05:48 bacula-dir JobId 88", "date_reference", "--11-23"),
        ("[4411] 23 Nov 04:11:20.118 # Failed", "date_reference", "--11-23"),
        ("20261123 055101 CAUAJM_I_40245", "date_reference", "2026-11-23"),
        ("  7712:20261123:055230.114 cannot", "date_reference", "2026-11-23"),
    ],
)
def test_what_one_program_writes(text: str, kind: str, expected: str):
    assert names(text, kind) == {value.replace("~", " ") for value in expected.split()}


def test_the_head_of_a_table_may_have_letters_beyond_ascii():
    table = "Gerät;Größe;Benutzer;Port\nx;8;anna7;8080\n"
    assert {"anna7", "8080"} <= names(table, "username", "port")
