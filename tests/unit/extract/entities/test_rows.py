"""Lines of tables and settings, read by column; and prose that looks like them."""

import pytest

from siss.extract.entities.scan import Scanner

SCANNER = Scanner()


def named(text: str, *kinds: str) -> set[str]:
    """Values of these types."""
    return {one.name.value for one in SCANNER.mentions(text.encode()) if one.name.type.value in kinds}


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("backup:x:34:34:backup:/var/backups:/usr/sbin/nologin", "backup"),
        ("local   all   postgres   peer", "postgres"),
        ("hostssl crm crm_app,crm_ro,+dba 10.80.4.0/24 scram-sha-256", "crm_app crm_ro"),
        ("host all all 0.0.0.0/0 reject", ""),
        ("host hr hr_sync 10.80.5.1 255.255.255.255 gss", "hr_sync"),
        ("*/5 * * * * www-data /usr/bin/php /srv/app/cron.php", "www-data"),
        ("30 2 * * sun backup cd /srv/backup", "backup"),
        ("@reboot pi /home/pi/start.sh", "pi"),
        ("17 3 * * 1 /root/bin/prune.sh", ""),
        ("0 1 * * * php /srv/x.php", ""),
        ("1 2 3 4 5 apples left", ""),
        ("deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart app", "deploy root"),
        ("%wheel ALL=(ALL) ALL", ""),
        ("User_Alias DBAS = ines, marek", "ines marek"),
        ("mysql     2231  2.1  8.4 2211224 681220 ?  Ssl  Jun02  41:22 /usr/sbin/mariadbd", "mysql"),
        ("nginx    2231 www-data    8u  IPv4  41122      0t0  TCP *:8080 (LISTEN)", "www-data"),
        ("-rw-r-----  1 lena staff  2231 Jun  3 09:00 report.txt", "lena"),
        ("kmbeki   pts/0        10.82.5.5        Wed Jun  3 08:41", "kmbeki"),
        ("   valid users = anna, @staff, CORP\\otto", "anna CORP\\otto"),
        ("   write list = petra,@acc", "petra"),
        ("AllowUsers deploy@10.2.0.0/16 ines", "deploy ines"),
        ("    Require user curator registrar", "curator registrar"),
        ("    Require valid-user", ""),
        ("acl vip proxy_auth REQUIRED", ""),
        ("acl vip proxy_auth lmeyer kschmidt", "lmeyer kschmidt"),
        ("user www-data;", "www-data"),
        ("USER node", "node"),
        ("    create 0640 www-data adm", "www-data"),
        ("user guide\nUser Guide\n  user interface\nuser input.", ""),
        ("define( 'DB_USER', 'wp_rw' );", "wp_rw"),
    ],
)
def test_users_in_tables(text: str, users: str):
    assert named(text, "username") == set(users.split())


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("www2    300 IN  CNAME web-lb.example.org.", "www2 web-lb.example.org"),
        ("db-a    IN  AAAA 2001:db8:44::a", "db-a 2001:db8:44::a"),
        ("_sip._tcp IN SRV 10 60 5060 sip.example.org.", "5060 sip.example.org"),
        ("TIME IN A BOTTLE", ""),
        ("10.81.0.4\tnas4 printers", "10.81.0.4 nas4 printers"),
        ("10.81.0.4   connected", "10.81.0.4"),
        ("ServerAlias museum.example archive.museum.example", "museum.example archive.museum.example"),
        ("Hostname lookup", ""),
        ("hostname is not found.", ""),
        ("http_port 172.20.0.4:3128 intercept", "172.20.0.4 3128"),
        ("listener 8883 0.0.0.0", "8883 0.0.0.0"),
        ("define('DB_HOST', 'db7.example.net:3307');", "db7.example.net 3307"),
        ("hostssl sales reporter 10.20.22.0/24 md5", "sales 10.20.22.0/24"),
    ],
)
def test_hosts_ports_and_databases_in_tables(text: str, values: str):
    assert named(text, "hostname", "ip_address", "port", "database") == set(values.split())


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("COPY nginx.conf /etc/nginx/nginx.conf", "nginx.conf /etc/nginx/nginx.conf"),
        ("COPY --chown=node:node package.json ./", "package.json"),
        ("include 'tuning.conf'", "tuning.conf"),
        ("IncludeOptional vhosts.conf", "vhosts.conf"),
        ("ca ca.crt", "ca.crt"),
        ("No such file or directory: 'requirements-dev.txt'", "requirements-dev.txt"),
        ('"log_file": "app.log"', "app.log"),
        ("  config_path = site.toml", "site.toml"),
        # Members, hosts and words of sentences are none
        ("    key = self.key", ""),
        ("old_file = os.path.abspath(x)", ""),
        ("include example.com in the list", ""),
        ('server_file: "db.example.com"', ""),
        ("Source foo.bar", ""),
        ("see nginx.conf for more", ""),
    ],
)
def test_bare_names_of_files_count_where_they_are_said_to_be_files(text: str, files: str):
    assert named(text, "filepath") == set(files.split())
