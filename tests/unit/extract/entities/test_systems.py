"""Lines of systems that no set was made of while the rules were written: what was missed in them, and what was false."""

import base64
import random

import pytest

from growth import assert_linear
from siss.extract.entities.assignments import dissect_assignment
from siss.extract.entities.scan import Scanner

SHORT = {
    "ip": "ip_address",
    "host": "hostname",
    "user": "username",
    "path": "filepath",
    "err": "error_code",
    "svc": "service_name",
    "day": "date_reference",
    "db": "database",
}


def named(text: str) -> set[tuple[str, str]]:
    return {(one.name.type.value, one.name.value) for one in Scanner().mentions(text.encode())}


def told(text: str) -> set[tuple[str, str]]:
    """``ip=10.0.0.1 port=80`` as what is expected."""
    pairs = (each.partition("=") for each in text.split())
    return {(SHORT.get(kind, kind), value.replace("~", " ")) for kind, _, value in pairs}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Servers as Java shows them, with whatever stands behind
        ("to server zk2.corp.io/10.3.0.42:2181. (o", "host=zk2.corp.io ip=10.3.0.42 port=2181"),
        ("{a=/10.5.0.2:9300, b=/10.5.0.3:9301}", "ip=10.5.0.2 port=9300 ip=10.5.0.3 port=9301"),
        ("[/10.1.3.1:3888:Listener@493] /10.1.3.2, /10.1.3.3;", "ip=10.1.3.1 port=3888 ip=10.1.3.2 ip=10.1.3.3"),
        ("Factory:0.0.0.0/0.0.0.0:2181:Server@8", "ip=0.0.0.0 port=2181"),
        ("at /0:0:0:0:0:0:0:1:8080 and /2001:db8:0:0:0:0:0:9%eth0:22:x", "ip=::1 port=8080 ip=2001:db8::9 port=22"),
        ("[myid=1]/0:0:0:0:0:0:0:0:2181:Fast@7", "ip=:: port=2181"),
        (
            "from lab-sa-41/10.9.1.7:9000 to mesos-agent-21:8030",
            "host=lab-sa-41 ip=10.9.1.7 port=9000 host=mesos-agent-21 port=8030",
        ),
        ("Resolved LAB-SA-39.far.corp.example.com to", "host=lab-sa-39.far.corp.example.com"),
        # A name of several labels is one, not the first of them alone
        ("to broker kfk-5.stream.example.net:9092 (id: 5", "host=kfk-5.stream.example.net port=9092"),
        ("replica pg-a.internal.lan:5432 is behind", "host=pg-a.internal.lan port=5432"),
        ("peer gw-2.example.com. Next", "host=gw-2.example.com"),
        ("broker kfk-5. Next", "host=kfk-5"),
        # Schedulers, hypervisors, mail
        ("error: Nodes cn0412 not responding, setting DOWN", "host=cn0412"),
        ("starting task UPID:hv4:0000C1A2:01F2B3C4:6562A0B8:qmstart:104:root@pam:", "host=hv4 user=root@pam"),
        ("dovecot: lda(hmeyer): sieve: stored", "user=hmeyer"),
        ("dovecot: imap(hmeyer)<441><abc>: Logged out", "user=hmeyer"),
        ("auth-worker(441): Error: sql(hmeyer,203.0.113.12): failed", "user=hmeyer ip=203.0.113.12"),
        ("def imap(name):", ""),
        ("[sub=Vmsvc.vm:/vmfs/volumes/5f/db1/db1.vmx] x", "path=/vmfs/volumes/5f/db1/db1.vmx"),
        ("see label:/one/two", ""),
        ("[filer-a:raid.disk.missing:ERROR]: Disk 0a.16", "host=filer-a"),
        ("[filer-b: nfsd.tcp.close.idle.notify:warning]: Shutting", "host=filer-b"),
        ("[a:b:error]: no", ""),
        ('[Job 419] Queued on "Etage2" by "ksommer".', "user=ksommer"),
        ("database_name: stock_live", "db=stock_live"),
        ("535 Incorrect authentication data (set_id=anna.k)", "user=anna.k"),
        ("HP_4015 4471 mreyes [23/Nov/2026:09:00:04 +0100] total 3", "user=mreyes date_reference=2026-11-23"),
        ("HP_4015 4471 total [23]", ""),
        ("Database db1 does not exist", "db=db1"),
        # Firewalls, routers, captures
        ("10.4.1.3/40111->203.0.113.4/443", "ip=10.4.1.3 port=40111 ip=203.0.113.4 port=443"),
        ("10.1.1.1->10.1.1.2", "ip=10.1.1.1 ip=10.1.1.2"),
        ("for outside:203.0.113.80/443", "ip=203.0.113.80 port=443"),
        ("[v2:10.2.0.4:6800/3211] >> 10.2.0.9:0/14", "ip=10.2.0.4 port=6800 ip=10.2.0.9"),
        ("source.ip:10.1.2.3 eth0:10.1.2.4", "ip=10.1.2.3 ip=10.1.2.4"),
        ("10.1.1.4\t53122\t10.1.0.53\t53\tudp", "ip=10.1.1.4 port=53122 ip=10.1.0.53 port=53"),
        ("torpedo! imap.corp.io.993 tcp", "host=imap.corp.io port=993"),
        ('devname="FGT-1" devid="FG6"', "host=fgt-1"),
        ("replicaof 10.7.0.5 6379", "ip=10.7.0.5 port=6379"),
        ("<sip:100@10.2.18.1>", "user=100 ip=10.2.18.1"),
        # Heads of lines, servers behind a balancer
        ("2026 Nov 20 06:11:02 nx-core-a %ETHPORT-5-IF_DOWN: x", "day=--11-20 host=nx-core-a"),
        ("CET [fas-01a: nfsd: nfs.mountd.denied:error]: client", "host=fas-01a"),
        ("[2214] shop_rw@shopdb ERROR:  deadlock detected", "user=shop_rw db=shopdb"),
        ("[2211] replicator@[unknown] LOG:  received", "user=replicator"),
        ("Server be_shop/shopweb-b is DOWN, reason:", "host=shopweb-b"),
        # Machines by their form, where something may be done to one
        ("dhcp for x on net-ctl2: timeout; target pve-b unreachable", "host=net-ctl2 host=pve-b"),
        ("peer nx-core-b; node 'pve-c': state; node \"k8w-07\"", "host=nx-core-b host=pve-c host=k8w-07"),
        ("computer 'PC-LAGER4' to partner DC-HAM", "host=pc-lager4 host=dc-ham"),
        ('connect(2) for "puppetca" port 8140', "host=puppetca port=8140"),
        ("AMQP server rmq-ctl1:5672 is down", "host=rmq-ctl1 port=5672"),
        ("connect to server nn-b:8020", "host=nn-b port=8020"),
        # Users in what they did
        ("Login by hwops using GUI, session of mpohl closed", "user=hwops user=mpohl"),
        ("submitted by user etl_night to queue", "user=etl_night"),
        ("Configured from vty by mpohl on 10.9.14.22@pts/0", "user=mpohl ip=10.9.14.22"),
        ("User account mzhang was locked out", "user=mzhang"),
        ("<root@pam> no such user ('fede@pve')", "user=root@pam user=fede@pve"),
        # Containers and lists
        ('- "127.0.0.1:15432:5432"', "ip=127.0.0.1 port=15432 port=5432"),
        ("- /srv/pg:/var/lib/pg/data:ro", "path=/srv/pg path=/var/lib/pg/data"),
        ("PATH=/usr/local/bin:/usr/bin:/bin", "path=/usr/local/bin path=/usr/bin path=/bin"),
        ("dirs=/data1/kafka,/data2/kafka", "path=/data1/kafka path=/data2/kafka"),
        ("in C:/Windows/win.ini", "path=C:/Windows/win.ini"),
        ("not 10.0.0.0/8,172.16.0.0/12,x", "ip=10.0.0.0/8 ip=172.16.0.0/12"),
        ("push reg.corp.io:5000/shop/web:2.4.1", "host=reg.corp.io port=5000 version=2.4.1"),
        ("GET zk-3:2181/kafka and 10.0.0.1:80/api/v1", "host=zk-3 port=2181 ip=10.0.0.1 port=80"),
        (
            "=-/etc/default/app -I/usr/include @/tmp/b.json",
            "path=/etc/default/app path=/usr/include path=/tmp/b.json",
        ),
        ("/srv/x 10.2.0.0/16(rw) 10.2.1.5(ro)", "path=/srv/x ip=10.2.0.0/16 ip=10.2.1.5"),
        (
            "n1=https://10.2.4.1:2380,n2=https://10.2.4.2:2380",
            "url=https://10.2.4.1:2380 ip=10.2.4.1 port=2380 url=https://10.2.4.2:2380 ip=10.2.4.2",
        ),
        (
            "mongodb://m1.io:27017,m2.io:27018/shop?w=1",
            "url=mongodb://m1.io:27017,m2.io:27018/shop?w=1 host=m1.io port=27017 host=m2.io port=27018 db=shop",
        ),
        ("on http://[::]:5000", "url=http://[::]:5000 port=5000"),
        (
            '"https://kv.corp.io/s?api-version=7.4"',
            "url=https://kv.corp.io/s?api-version=7.4 host=kv.corp.io version=7.4",
        ),
        ('"eventSource":"s3.amazonaws.com"', "host=s3.amazonaws.com"),
        # Who
        (r"as CORP\olsen, CORP\\nina; dom[CORP\klaus]", r"user=CORP\olsen user=CORP\nina user=CORP\klaus"),
        ("- jdoe [14/Mar/2026:09:35:01 +0000]", "user=jdoe day=2026-03-14"),
        ("(www-data) CMD (x)", "user=www-data"),
        ("User [admin] from database [Sales]", "user=admin db=Sales"),
        ("Session 4 of User deploy.", "user=deploy"),
        ("# User@Host: report[report] @ bi-01.corp.io []", "user=report host=bi-01.corp.io"),
        ("AllowUsers deploy@10.2.0.0/16", "user=deploy ip=10.2.0.0/16"),
        ('"principalName":"inventory"', "user=inventory"),
        # And the rest
        ("req-38101a0b-2096-447d-96ea-a692162415ae", "uuid=38101a0b-2096-447d-96ea-a692162415ae"),
        ("May 02 10:00:14 kdc1 krb5kdc[801](info): x", "day=--05-02 host=kdc1 svc=krb5kdc"),
        ("postgresql@16-main.service: exited", "svc=postgresql@16-main"),
        ('Started POST "/users/sign_in" for', "url=/users/sign_in"),
        ("exception code: 0xC0000005", "err=0xc0000005"),
        ('"errorCode":"AccessDenied"', "err=AccessDenied"),
        ("3/14/2026 9:41:00 AM and 2005.11.09", "day=2026-03-14 day=2005-11-09"),
        ("libssl1.1 (1.1.1f-1ubuntu2.22)", "version=1.1.1f-1ubuntu2.22"),
        ("Host Name : APP-SRV-09", "host=app-srv-09"),
        # Heads of lines
        ("<14>Jun  3 07:36:05 UDM-Pro kernel: x", "day=--06-03 host=udm-pro svc=kernel"),
        ("2026-06-03T08:05:00.1+02:00 web sshd[12]: x", "day=2026-06-03 host=web svc=sshd"),
        ("2026-06-03T08:05:00+02:00 log2 rsyslogd: x", "day=2026-06-03 host=log2 svc=rsyslogd"),
        ("2026-06-03T08:05:00+02:00 connection closed: x", "day=2026-06-03"),
        ("<34>1 2003-10-11T22:14:15.003Z gw su - ID47", "day=2003-10-11 host=gw svc=su"),
        ("2026:06:03 07:35:22", "day=2026-06-03"),
        # Who it was
        ("session opened for user root(uid=0) by tomas(uid=1004)", "user=root user=tomas"),
        ("FAILED SU (to postgres) tomas on pts/3", "user=postgres user=tomas"),
        ("Configured from console by netops on vty4 (10.2.1.7)", "user=netops ip=10.2.1.7"),
        ("user rancid failed to login", "user=rancid"),
        ('BIND dn="uid=svc-gitlab,cn=users,dc=corp"', "user=svc-gitlab"),
        ("<user-name>shop_app</user-name>", "user=shop_app"),
        ('server.username      = "www-data"', "user=www-data"),
        ("auth failed for [1001@10.78.5.5]", "user=1001 ip=10.78.5.5"),
        ("logname= uid=0 ruser= rhost=a.corp.io", "host=a.corp.io"),
        # Keys and values that are named
        ('<param name="sip-port" value="5060"/>', "port=5060"),
        ("<name>dfs.port</name> <value>50070</value>", "port=50070"),
        ('{"name": "DB_HOST", "value": "db-7"}', "host=db-7"),
        ('device_name="XG-BRANCH" usr="otto"', "host=xg-branch user=otto"),
        ("Data Source=sql3.corp.io,14330;User ID=web;", "host=sql3.corp.io port=14330 user=web"),
        ("0.0.0.0@5353 9.9.9.9@853", "ip=0.0.0.0 port=5353 ip=9.9.9.9 port=853"),
        ("*.* @@logs.corp.io:6514 @log2.corp.io:514", "host=logs.corp.io port=6514 host=log2.corp.io port=514"),
        ("ProxyJump opsadm@gw.corp.io:2222", "user=opsadm host=gw.corp.io port=2222"),
        ("tcp dport { 22, 80 } --dports 80,443 on port '5665'", "port=22 port=80 port=443 port=5665"),
        ("DROP TCP 10.7.9.9 10.7.9.20 51331 3389 52", "ip=10.7.9.9 ip=10.7.9.20 port=51331 port=3389"),
        ("code: 'ECONNREFUSED', address", "err=ECONNREFUSED"),
        ("sAMAccountName: mtanaka", "user=mtanaka"),
        ("netbios name = FILESRV", "host=filesrv"),
        ("  database: inventory_v2, database: is", "db=inventory_v2"),
        # Machines
        ("task failed on node esx04 of server sql3.corp.io", "host=esx04 host=sql3.corp.io"),
        ("server sha256 and host x86", ""),
        ("EXMB01.corp.example.com", "host=exmb01.corp.example.com"),
        ("10.81.0.7:/export/iso /mnt/iso nfs", "ip=10.81.0.7 path=/export/iso path=/mnt/iso"),
        ("//fs9.corp.io/team /mnt/team cifs", "host=fs9.corp.io path=/mnt/team"),
        ("0-vol1-client-2: failed", ""),
        ("virtual_server 10.75.2.100 443 {", "ip=10.75.2.100 port=443"),
        # Versions
        ('tokio = { version = "1.37" }', "version=1.37"),
        ("requests-2.32.3 and logs-2026.03.15", "version=2.32.3"),
        ("libc6:amd64 2.36-9+deb12u4", "version=2.36-9+deb12u4"),
        ("10.0.22631.0 256.256.256.256 1.2.840.10008", "version=10.0.22631.0"),
        ('"DisplayVersion"="14.2.0.881"', "version=14.2.0.881"),
        ("see section 4.2.1", ""),
        ("uses: actions/checkout@v4, fw V2.8.1", "version=4 version=2.8.1"),
        ("hosts allow = 192.168.77.", ""),
        ("Jun  3 2026 07:31:10 and Wed Jun  3 08:41", "day=2026-06-03 day=--06-03"),
        # What stands on both sides of a name tells it
        ("kernel: web04 (10.3.4.12) and gateway (10.3.4.1)", "host=web04 ip=10.3.4.12 ip=10.3.4.1"),
        ("H=(shop4) [10.3.4.13]:40122", "host=shop4 ip=10.3.4.13 port=40122"),
        ("to db-main port 5432, to remote port 22", "host=db-main port=5432 port=22"),
        ("connecting to db-main:5432, jump to sip:2210, to line:120", "host=db-main port=5432"),
        ("on sw-og3, from web04.local, on win32, to es6", "host=sw-og3 host=web04.local"),
        ("Could not resolve host: repo4; resolve IPv4; lookup user=ina", "host=repo4 user=ina"),
        ("set-hostname: set hostname to 'deskina-lab'", "host=deskina-lab"),
        ("00:50:56:aa:bb:cc (srv-test) via eth1", "host=srv-test"),
        ("client wlc1 {\n ipaddr = 10.1.1.3", "host=wlc1 ip=10.1.1.3"),
        ("/srv 10.1.0.0/24(rw,sync) nas7.corp.io(ro,sync)", "path=/srv ip=10.1.0.0/24 host=nas7.corp.io"),
        ("node app-front is down; node pre-load of", "host=app-front"),
        ("Login failed for 'ina', User RFC1 locked, user k.horn", "user=ina user=RFC1 user=k.horn"),
        ("user settings.json, user e.g. ina", ""),
        ("user=<ina> host=<name> port=<port>", "user=ina"),
        ("Benutzer buch1, Benutzername: ina", "user=buch1 user=ina"),
        (
            "deploy@web.corp.io:/srv/app, shop/ina@10.1.1.4:41998",
            "user=deploy host=web.corp.io path=/srv/app db=shop user=ina ip=10.1.1.4 port=41998",
        ),
        ("scp a.tgz ina@10.1.1.4:/srv/app/", "user=ina ip=10.1.1.4 path=/srv/app"),
        ("git@10.1.1.4:/srv/x.git, 1.2.3.4.5", "user=git ip=10.1.1.4 path=/srv/x.git"),
        ("CREATE DATABASE IF NOT EXISTS shop_prod; use strict;", "db=shop_prod"),
        ("USE wordpress;", "db=wordpress"),
        ("to db: 'wiki' user: 'ina'", "db=wiki user=ina"),
        ("from 10.1.1.5[4500] to [git.corp.io]:7999", "ip=10.1.1.5 port=4500 host=git.corp.io port=7999"),
        ("main[k.l]:10.1.1.6:51220", "user=k.l ip=10.1.1.6 port=51220"),
        ("6,tcp,40,10.1.1.7,10.1.1.8,41022,8728,0,S", "ip=10.1.1.7 ip=10.1.1.8 port=41022 port=8728"),
        (
            "portal: 10.1.1.9,3260; sentinel monitor kasse 10.1.2.1 6380 2",
            "ip=10.1.1.9 port=3260 ip=10.1.2.1 port=6380",
        ),
        ("open 8443/tcp 8444:tcp tcp/8445 port=[58110]", "port=8443 port=8444 port=8445 port=58110"),
        ("CEF:0|Maker|Gate|11.2|1095|x|5|", "version=11.2"),
        ("Mar  4 08:30:00 dnsmasq[512]: read", "day=--03-04 svc=dnsmasq"),
        ("Mar  4 11:40:00  srx9 sshd[44]: x", "day=--03-04 host=srx9 svc=sshd"),
        ("The Windows Update service entered; The new service was", "svc=Windows~Update"),
        ("apiVersion: audit.k8s.io/v1beta1, eth0/10.1.1.1", "ip=10.1.1.1"),
        # Codes
        ("returned 404 Not Found, wrong status code '503'", "err=HTTP~404 err=HTTP~503"),
        ("Errno::ECONNREFUSED, and :econnreset", "err=ECONNREFUSED err=ECONNRESET"),
        ("SQLSTATE[HY000] [1049] Unknown, 57P03", "err=SQLSTATE~HY000 err=error~1049 err=SQLSTATE~57P03"),
        # Ports that stand bare, or behind an address that is not in brackets
        ("[client 2001:db8:4::9:40122] x, 2001:db8::9:443", "ip=2001:db8:4::9 port=40122 ip=2001:db8::9:443"),
        ("listener on 62260: x, handler 0 on 62261, started at 62267", "port=62260 port=62261 port=62267"),
        ("started at 2026, server on 12000.5 s, started at 40000 feet", ""),
        (
            "+switch-master kasse 10.1.2.1 6379 10.1.2.2 6380, sentinel 3f2a 10.1.2.3 26379 @ kasse 10.1.2.1 6379",
            "ip=10.1.2.1 port=6379 ip=10.1.2.2 port=6380 ip=10.1.2.3 port=26379",
        ),
        (
            r"10.1.1.4 POST /EWS/x.asmx - 443 CORP\svc-x 10.1.1.7 Agent 200",
            r"ip=10.1.1.4 url=/EWS/x.asmx port=443 user=CORP\svc-x ip=10.1.1.7",
        ),
        ("GET /a.html b=c 8080 - 10.1.1.8 x", "url=/a.html port=8080 ip=10.1.1.8"),
        ("GET /a.html HTTP/1.1 200 512 10.1.1.9", "url=/a.html ip=10.1.1.9"),
        ("member /Common/10.1.1.4:8080 and /Common/shop", "ip=10.1.1.4 port=8080 path=/Common/shop"),
        ("from 10.1.1.5@o2ib, at 10.1.1.6@tcp, for 10.1.1.7:0, x", "ip=10.1.1.5 ip=10.1.1.6 ip=10.1.1.7"),
        (
            "\"Server=sql3.corp.io,1433\" on server 'tcp:sql4.corp.io,1434'",
            "host=sql3.corp.io port=1433 host=sql4.corp.io port=1434",
        ),
        (
            "Server=tcp:sql5.corp.io,1435; client [a.corp.io] on port [8400]",
            "host=sql5.corp.io port=1435 host=a.corp.io port=8400",
        ),
        ('"ClientSrcPort":51002 [ConnectingPort=2000] Transport=7', "port=51002 port=2000"),
        ("git.example:443 open", "host=git.example port=443"),
        # And more machines, users, paths
        ("from client7 (10.1.1.7) on EXCH02, on ES2015, of AD1848", "host=client7 ip=10.1.1.7 host=exch02"),
        ("agent linux-build-14, panel HMI-04", "host=linux-build-14 host=hmi-04"),
        ("Mar  4 10:36:00 lb4 notice mcpd[6012]: x", "day=--03-04 host=lb4 svc=mcpd"),
        ("Mar  4 10:36:00 error mcpd[6012]: x", "day=--03-04"),
        (r"by VPN.EXAMPLE\Administrator", r"user=VPN.EXAMPLE\Administrator"),
        ("requested by dr.osei, locked by admin, enabled by default, initiated by kernel", "user=dr.osei user=admin"),
        ("Invalid login as root from, log in as a user", "user=root"),
        ("authenticated as unix-user:monika to gain", "user=monika"),
        (r"failed for user \"mmuser\"", "user=mmuser"),
        ("Group <VPN> User <m.roth> IP <10.1.1.3>", "user=m.roth ip=10.1.1.3"),
        (r"pattern: C:\Windows\sqm\*_std.sqm, flags", r"path=C:\Windows\sqm\*_std.sqm"),
        ("path: SrClient.dll, TIME=02.00.11", "path=SrClient.dll"),
        ("Failed login: username=h.lind ip=10.1.1.2, login: token=abc", "user=h.lind ip=10.1.1.2"),
        ("user=ab=cd server: port=8080", "user=ab port=8080"),
        ("ugi=hadoop (auth) helo=<win-7rj2> host=<name>", "user=hadoop host=win-7rj2"),
        ("Server created on 55904, for AP AP-3-07 (10.1.1.7:5246)", "port=55904 host=ap-3-07 ip=10.1.1.7 port=5246"),
        ('to server at "pg-main" (10.1.1.4)', "host=pg-main ip=10.1.1.4"),
        ("hash:/etc/postfix/virtual(0,lock) /etc/passwd(5) foo/bar(1)", "path=/etc/postfix/virtual path=/etc/passwd"),
        ("for user profile QPGMR on runner-07", "host=runner-07"),
        ("imap-login: Disconnected, CANCELLED ON node0412 AT", "host=node0412"),
        ("Tomcat started on port(s): 8443 (https)", "port=8443"),
        ("AMQ9202E: gone <BEA-001112>", "err=AMQ9202E err=BEA-001112"),
    ],
)
def test_what_other_systems_name(text: str, expected: str):
    assert named(text) == told(expected)


@pytest.mark.parametrize(
    "text",
    [
        "closing <0.12345.0>",
        "ad-e4-f1-3f-30-01 01-02-dc-88-03-04 1234.5678.9012",
        r"ERROR\nFoo HKLM\Software ..\BIN\tool \SYSTEM\foo SRC\main.c CAF\u00e9 A\b",
        "Gi1/0/24 13/13/2020 1/1/1 24/7 1000/1000/full",
        "krbtgt/CORP.EXAMPLE.NET@CORP.EXAMPLE.NET",
        '"errorCode":"NoError"',
        "3:4:5:6:7:8:9:10:11 ab:cd:ef:01:23:45:67:89:12345",
        "on pool-2 thread-11, from utf-16 to UTF-32, at offset-1, on xe-0/0/3, peer UTF-8",
        "triggered by user code, session for a from",
    ],
)
def test_what_names_nothing_in_them(text: str):
    assert named(text) == set()


def test_numbers_of_errors():
    assert named("refused (os error 111), RESULT err=49") == {("error_code", "errno 111"), ("error_code", "error 49")}
    assert named("Error 500 on it; error 7 of 9") == {("error_code", "error 500")}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r'at "C:\Program Files (x86)\Foo\bar baz.exe" -k x', r"C:\Program Files (x86)\Foo\bar baz.exe"),
        (r"Path: file:_C:\Temp\a.exe;", r"C:\Temp\a.exe"),
        (r"in [E:\Daten\Kunden 2025.mdb]", r"E:\Daten\Kunden 2025.mdb"),
        (r"to \\nas1\Public Share\Fotos 2024\a.jpg and", r"\\nas1\Public Share\Fotos 2024\a.jpg"),
        (r"%APPDATA%\Foo\settings.ini", r"%APPDATA%\Foo\settings.ini"),
        ("open '/srv/My Documents/report 2026.pdf': no", "/srv/My Documents/report 2026.pdf"),
        ("'/usr/bin/python -m shop'", "/usr/bin/python"),
        ("'/usr/bin/cat shop list.txt'", "/usr/bin/cat"),
    ],
)
def test_paths_with_blanks(text: str, path: str):
    assert [value for kind, value in named(text) if kind == "filepath"] == [path]


def test_base64_is_hardly_ever_a_path():
    text = base64.b64encode(random.Random(7).randbytes(400_000)).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    assert len([kind for kind, _ in named(lines) if kind == "filepath"]) < 30
    assert ("filepath", "/registry/pods/MyPod2/Status") in named("at /registry/pods/MyPod2/Status")


def test_a_long_word_behind_host_takes_linear_time() -> None:
    """A pattern for numbered machines took twice as long for each further letter."""

    def read(letters: int) -> object:
        return dissect_assignment(b"host: " + b"a" * letters + b"_")

    assert_linear(read, 24)
