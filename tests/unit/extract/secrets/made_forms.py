"""More files that people leak secrets in: values that stand elsewhere than behind ``name=``."""

import base64
from collections.abc import Iterator

from unit.extract.secrets.made import Leak, Maker


def forms(make: Maker) -> Iterator[Leak]:
    """Files with secrets, and the rules that find them in order of their places."""
    for name, text, *rules in (
        *_values(make),
        *_manifests(make),
        *_network(make),
        *_lines(make),
        *_commands(make),
        *_sheets(make),
        *_settings(make),
        *_written(make),
        *_told(make),
    ):
        yield Leak(name, text, tuple(rules))


def _values(make: Maker) -> Iterator[tuple[str, ...]]:
    """Under a name, but in another way than right behind a sign."""
    for block in ("|", ">-", "|2  # kept"):
        yield f"yaml block {block}", f"db:\n  password: {block}\n    {make.password()}\n  port: 1\n", "password"
    yield "yaml below", f"db:\n  password:\n    {make.password()}\n", "password"
    yield "yaml key block", f"- token: |\n    {make.chars(24)}\n", "secret-key"
    yield "yaml anchor", f"password: &shared {make.password()}\n", "password"
    yield "yaml quotes", f"password: '{make.chars(5)}''{make.chars(5)}9'\n", "password"
    yield "yaml flow", f"- {{name: DB_PASSWORD, value: {make.chars(11)}}}\n", "password"
    yield "json below", f'{{"password":\n   "{make.password()}"}}\n', "password"
    yield "json list", f'{{"password": ["{make.password()}"]}}\n', "password"
    yield "json value", f'{{"db_password": {{\n  "value": "{make.password()}", "type": "string"}}}}\n', "password"
    yield "json pair", f'{{"Key": "Password", "Value": "{make.password()}"}}\n', "password"
    yield "json in a cell", f'1,"{{""user"":""bob"",""password"":""{make.password()}""}}",x\n', "password"
    yield "json in xml", f'<a json="{{&quot;password&quot;:&quot;{make.chars(10)}&quot;}}"/>\n', "password"
    yield "entities", f'<add cs="uid=sa;password=&quot;{make.chars(10)}&quot;;"/>\n', "password"
    yield "percents", f"GET /x?body=%7B%22password%22%3A%22{make.chars(10)}%22%7D HTTP/1.1\n", "password"
    yield "identity token", f'{{"ghcr.io": {{"identitytoken": "{make.hex(32)}"}}}}\n', "secret-key"
    yield "machine key", f'<machineKey validationKey="{make.hex(48)}" decryption="AES"/>\n', "secret-key"
    yield "properties", f"db.password={make.chars(6)}\\\n    {make.chars(7)}\nnext=1\n", "password"
    yield "properties below", f"db.password = \\\n    {make.password()}\n", "password"
    yield "phrase", f'export RESTIC_PASSWORD="{make.chars(6)} {make.chars(5)}"\n', "password"
    yield "wifi phrase", 'network={\n  ssid="home"\n  psk="my quiet harbour lamp"\n}\n', "password"
    yield "chosen secret", f"session: {{ secret: '{make.chars(10)}' }},\n", "password"
    yield "inventory", "web1 ansible_user=root ansible_password=chestnutHill\n", "password"
    yield "setter", f'factory.setPassword("{make.chars(10)}");\n', "password"
    yield "annotation", f'AUTH_TOKEN: Final = "{make.hex(32)}"\n', "secret-key"
    yield "three quotes", f'password = """{make.chars(10)}"""\n', "password"
    yield "bean", f'<property name="password"><value>{make.password()}</value></property>\n', "password"
    yield "text of its own line", f"<password>\n    {make.password()}\n  </password>\n", "password"
    yield (
        "keepass",
        f'<String>\n\t<Key>Password</Key>\n\t<Value ProtectInMemory="True">{make.password()}</Value>\n</String>\n',
        "password",
    )
    yield "json pair below", f'{{"key": "password",\n  "value": "{make.password()}"}}\n', "password"
    yield (
        "output",
        f'{{"db_password": {{"sensitive": true, "type": "string", "value": "{make.password()}"}}}}\n',
        "password",
    )
    yield "three quotes below", f'password = """\n{make.chars(10)}"""\n', "password"
    yield "bold name", f"- **Password:** `{make.password()}`\n", "password"
    yield "bold name before its sign", f"**Password**: {make.password()}\n", "password"
    yield "pass of a user", f"- User: bob\n- Pass: {make.password()}\n", "password"
    yield "pw", f"PW: {make.password()}\n", "password"
    yield "initial pw", f"initial_pw: {make.password()}\n", "password"
    yield "wireless key", f"wifi_key: {make.chars(6)}-{make.chars(6)}\n", "password"
    yield "named and numbered", f"WPA2-Key: {make.password()}\n", "password"
    yield "routing key", f"routing_key: {make.hex(32)}\n", "secret-key"
    yield (
        "words in a query",
        f"curl 'https://a.corp.io/x?user=a&password=Harbour{make.chars(4, '2468')}_'\n",
        "password",
    )
    yield (
        "words of an option",
        f"wget --user=x --password=harbour-lamp-{make.chars(4, '2468')} https://a\n",
        "password",
    )
    yield "cdata", f"<password><![CDATA[{make.password()}]]></password>\n", "password"


def _manifests(make: Maker) -> Iterator[tuple[str, ...]]:
    def coded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    url = coded(f"postgres://app:{make.password()}@db/x")
    pair = f"  USER: {coded('admin')}\n  DATABASE_URL: {url}\n"
    rule = "kubernetes-secret"
    yield "secret", f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n{pair}", rule
    yield "secret, sorted", f"apiVersion: v1\ndata:\n{pair}kind: Secret\n", rule
    yield "secrets of a list", f"items:\n- apiVersion: v1\n  data:\n    a.b: {url}\n  kind: Secret\n", rule
    yield "secret in JSON", f'{{"apiVersion": "v1", "kind": "Secret", "data": {{"a": "{url}"}}}}\n', rule


def _network(make: Maker) -> Iterator[tuple[str, ...]]:
    for line in (
        " ip ospf message-digest-key 1 md5 {}",
        " ip ospf authentication-key {}",
        " standby 1 authentication md5 key-string {}",
        " pre-shared-key local {}",
        " ikev1 pre-shared-key {}",
        "ntp authentication-key 1 md5 {}",
        "vtp password {}",
        "set vpn ipsec site-to-site peer 10.2.3.4 authentication pre-shared-secret {}",
        "set system login user bob authentication plaintext-password '{}'",
        "set snmp community {} authorization read-only",
        "set psksecret {}",
        " local-user bob password irreversible-cipher {}",
        " security wpa psk set-key ascii 0 {}",
        "/ip ipsec identity add peer=p secret={}",
        "add name=bob service=l2tp password={} profile=x",
    ):
        yield line, line.format(make.chars(10)) + "\n", "router-password"
    yield (
        "snmp user",
        f"snmp-server user bob grp v3 auth sha {make.chars(10)} priv aes 128 {make.chars(10)}\n",
        *["router-password"] * 2,
    )
    yield "snmpd", f"rocommunity {make.chars(9)} 10.0.0.0/8\n", "snmp-community"
    yield "asa", f"username bob password {make.chars(16)} encrypted privilege 15\n", "cisco-password"
    yield "trap", f"snmp-server host 10.2.3.4 version 2c {make.chars(9)}\n", "snmp-community"
    yield "uci", f"\toption key '{make.chars(10)}'\n", "wifi-password"
    yield "arista", f'"ip ospf message-digest-key 200 md5 7 {make.chars(8)}==",\n', "cisco-password"


def _lines(make: Maker) -> Iterator[tuple[str, ...]]:
    yield "relay", f"[smtp.corp.io]:587 relay:{make.password()}\n", "mail-password"
    yield "data source", f'sql.Open("mysql", "root:{make.chars(10)}@tcp(db.corp.io:3306)/x")\n', "url-password"
    yield "rules of redis", f"user worker on >{make.password()} ~* +@all\n", "directive-password"
    yield "sentinel", f"sentinel auth-pass main {make.password()}\n", "directive-password"
    yield "inline user", f"<auth-user-pass>\nbob\n{make.password()}\n</auth-user-pass>\n", "vpn-secret"
    yield "credential reference", f'<credential-reference clear-text="{make.password()}"/>\n', "password"
    yield "key in words", f"API key: {make.chars(32)}\n", "secret-key"
    yield "doubled dollars", f'- "admin:$$apr1$${make.chars(8)}$${make.chars(22)}"\n', "password-hash"
    yield "directory", f"unicodePwd:: {make.chars(40)}\n", "ldap-password"
    yield "wireless", f"WLAN-Schlüssel: {make.password()}\n", "wifi-password"
    for sentence in (
        "The root password for db3 is: {}",
        "Your new password is {} - please change it.",
        "Das neue Kennwort lautet {} und gilt ab sofort.",
        "2026-11-21 10:00:03 WARN login failed for bob with password '{}'",
    ):
        yield sentence.format(""), sentence.format(f"Xy{make.password()}") + "\n", "spoken-password"
    yield "at sign", f"amqp://svc:{make.chars(3)}@{make.chars(6)}@mq.corp.io:5672/v\n", "url-password"
    yield "url in a url", f"next=https%3A%2F%2Fbob%3A{make.chars(9)}%40git.corp.io%2Fx\n", "url-password"
    yield "token of a remote", f"\turl = https://{make.hex(40)}@github.com/corp/app.git\n", "url-token"
    yield "oracle", f"jdbc:oracle:thin:scott/{make.chars(9)}@db.corp.io:1521:ORCL\n", "connection-string"
    yield "pgpass escape", f"db.corp.io:*:main:bob:{make.chars(4)}\\:{make.chars(5)}\n", "pgpass"
    yield "mosquitto", f"bob:$7$101${make.chars(16)}${make.chars(86)}==\n", "password-hash"
    yield "werkzeug", f"pbkdf2:sha256:260000${make.chars(16)}${make.hex(64)}\n", "password-hash"
    yield (
        "scram",
        f'"bob" "SCRAM-SHA-256$4096:{make.chars(22)}==${make.chars(43)}=:{make.chars(43)}="\n',
        "password-hash",
    )
    yield "md5 of postgres", f'"bob" "md5{make.hex(32)}"\n', "password-hash"
    yield (
        "samba",
        f"bob:1000:{make.hex(32).upper()}:{make.hex(32).upper()}:[U          ]:LCT-5F60718A:\n",
        "password-hash",
    )
    yield "mysql user", f"CREATE USER 'bob'@'%' IDENTIFIED BY '{make.chars(9)}';\n", "sql-password"
    yield "postgres role", f"ALTER ROLE bob WITH LOGIN PASSWORD '{make.chars(9)}';\n", "sql-password"
    yield "composer", f'{{"github-oauth": {{\n  "github.com": "{make.hex(40)}"}}}}\n', "secret-key"
    yield "registry", '"Password"=hex:49,40,15,f9,a3,5e,8b,22\n', "registry-password"
    yield "rdp", f"password 51:b:{make.hex(40).upper()}\n", "rdp-password"
    yield "preseed", f"d-i passwd/root-password password {make.chars(9)}\n", "installer-password"
    yield "kickstart", f"rootpw --plaintext {make.chars(9)}\n", "installer-password"
    yield "radius user", 'bob Cleartext-Password := "riverbank"\n', "radius-password"
    yield (
        "radius log",
        "Auth: (1) Login incorrect (pap: wrong): [bob/riverbank] (from client ap port 3)\n",
        "radius-password",
    )
    yield "radius login", "Login OK: [anna/password] (from client sw1 port 0)\n", "radius-password"
    yield "honeypot", "login attempt [b'root'/b'admin'] succeeded\n", "radius-password"
    yield "mail", "C: AUTH PLAIN AGJvYgByaXZlcmJhbms=\n", "authorization-basic"
    yield "haproxy", f"    stats auth admin:{make.chars(9)}\n", "proxy-password"
    encoded = base64.b64encode(f"bob:{make.password()}".encode()).decode()
    yield "haproxy header", f"http-request set-header Authorization Basic\\ {encoded}\n", "authorization-basic"
    yield "header of a source", f"httpHeaderValue1: 'Bearer {make.chars(34)}'\n", "authorization-bearer"
    yield "ceph", f"\tkey = AQ{make.chars(36)}==\n", "ceph-key"
    yield "maven", f"<settingsSecurity><master>{{{make.chars(43)}=}}</master></settingsSecurity>\n", "maven-master"
    yield "sip", f"register => bob:{make.chars(9)}@sip.corp.io/100\n", "sip-password"
    yield "rabbitmq", f'[{{rabbit, [{{default_pass, <<"{make.chars(9)}">>}}]}}].\n', "rabbitmq-password"
    yield "expect", f'expect "*assword:"\nsend "{make.chars(9)}\\r"\n', "expect-password"


def _commands(make: Maker) -> Iterator[tuple[str, ...]]:
    for line in (
        "docker login -u bob -p {} registry.corp.io",
        "redis-cli -a {} ping",
        "ipmitool -H bmc -U ADMIN -P {} power status",
        "sqlcmd -S db -U sa -P {} -i x.sql",
        "psexec host -u adm -p {} cmd",
        "lftp -u bob,{} ftp.corp.io",
        "htpasswd -b .htpasswd bob {}",
        "openssl pkcs12 -export -passout pass:{} -in x",
        "Connect-VIServer -Server vc -User root -Password {}",
        "mongodump -u admin -p {} --out /x",
        "zip -P {} x.zip y",
        "7z a -p{} x.7z y",
        "snmpwalk -v2c -c {} 10.0.0.1",
        "net user bob {} /add",
        "schtasks /create /ru bob /rp {}",
        "sqlplus system/{}@ORCL",
        'echo "root:{}" | chpasswd',
        "echo {} | openconnect --passwd-on-stdin vpn.corp.io",
        'command: ["redis-server", "--requirepass", "{}"]',
        '<Session ExtraArgs="-pw {}" />',
        "keytool -storepass {} -list",
        'ConvertTo-SecureString -AsPlainText "{}" -Force',
        "setenv DB_PASSWORD {}",
        'set -gx DB_PASSWORD "{}"',
        "SetEnv DB_PASSWORD {}",
        "osql /U sa /P {} /Q x",
        "net ads join -U Administrator%{}",
        "kinit bob <<< '{}'",
        "printf '{}' | smbpasswd -s bob",
        "xfreerdp /u:bob /p:{} /v:ts1",
        "ssh-keygen -t rsa -N '{}' -f k",
    ):
        yield line, line.format(make.chars(9)) + "\n", "command-password"
    yield "aws", f"aws configure set aws_secret_access_key {make.chars(40)}\n", "command-password"
    yield "call with a name", f"conn.login(username, '{make.chars(9)}', cb);\n", "call-password"
    yield "apache", f"AuthLDAPBindPassword {make.chars(9)}\n", "directive-password"


def _sheets(make: Maker) -> Iterator[tuple[str, ...]]:
    """Tables inside a document: a heading says which column it is."""
    for name, head, row in (
        ("markdown", "| Host | User | Passwort |\n|---|---|:---:|\n", "| a{0} | root | `{1}` |\n"),
        ("markdown without bars", "Host | Password\n--- | ---\n", "a{0} | {1}\n"),
        ("psql", " id | password \n----+----------\n", "  {0} | {1}\n"),
        ("mysql", "+----+----------+\n| id | password |\n+----+----------+\n", "|  {0} | {1} |\n"),
        ("jira", "||Host||Password||\n", "|a{0}|{1}|\n"),
        ("dokuwiki", "^ Host ^ Password ^\n", "| a{0} | {1} |\n"),
        ("mediawiki", 'A wiki\n{{| class="wikitable"\n! Host !! Password\n|-\n', "| a{0} || {1}\n|-\n"),
        ("html", "<table><tr><th>Host</th><th>Password</th></tr>\n", "<tr><td>a{0}</td><td><b>{1}</b></td></tr>\n"),
    ):
        rows = "".join(row.format(number, f"{make.chars(8)}{number}") for number in range(3))
        rows += "</table>\n" * head.startswith("<")
        yield f"{name} table", head + rows, "password", "password", "password"
    yield "keys in a table", f"| Service | API key |\n|---|---|\n| Maps | {make.hex(32)} |\n", "secret-key"


def _settings(make: Maker) -> Iterator[tuple[str, ...]]:
    """Names and tokens of services, and values among others."""
    password = make.chars(8) + "7"
    yield "words in a chain", "db:\n  password: copper-river-lantern\n", "password"
    yield "environment", f"0 3 * * * root PGPASSWORD={password} pg_dump app\n", "password"
    yield "libpq", f'connect("dbname=app user=app password=mapleriver{make.hex(4)}1 host=db")\n', "password"
    yield "spanish", f"Contraseña: {password}\n", "password"
    yield "french", f"mot_de_passe={password}\n", "password"
    yield "community", f"snmp_community: {password}\n", "password"
    yield "pre-shared key", f"<pre-shared-key>{password}</pre-shared-key>\n", "password"
    yield "shared secret", f"auth_server_shared_secret={password}\n", "password"
    yield "pepper", f"devise_pepper: {make.hex(64)}\n", "secret-key"
    yield "oracle", f"CREATE USER hr IDENTIFIED BY {password} DEFAULT TABLESPACE users;\n", "sql-password"
    yield "sqlplus", f"CONNECT hr/{password}@orcl\n", "command-password"
    yield "variable", f'variable "db_password" {{\n  default = "{password}"\n}}\n', "terraform-password"
    yield "drawn", f'"type": "random_password",\n"result": "{password}"\n', "terraform-password"
    yield "cookie", f"Cookie: PHPSESSID={make.hex(26)}\n", "session-cookie"
    yield "realm", f'{{"credentials":[{{"type":"password","value":"{password}"}}]}}\n', "password"
    yield "unsealing", f"Unseal Key 1: {make.chars(30)}7+{make.chars(12)}\n", "secret-key"
    yield "crypt", f"'crypt' => [ 'key' => '{make.hex(32)}' ],\n", "secret-key"
    yield "omniauth", f"config.omniauth :x, '1234', '{make.hex(32)}'\n", "secret-key"
    yield "vpnc", f"IPSec secret {password}\n", "vpn-secret"
    yield "chap", f"karl l2tpd {password} *\n", "vpn-secret"
    yield "relay", f"smtp.corp.io karl:{password}\n", "mail-password"
    yield "proftpd", f"SQLConnectInfo ftp@db ftp {password}\n", "url-password"
    yield "curlrc", f'user = "karl:{password}"\n', "command-password"
    yield "racadm", f"racadm -r 10.0.0.9 -u root -p {password} getsysinfo\n", "command-password"
    yield "cmdkey", f"cmdkey /add:nas /user:b /pass:{password}\n", "command-password"
    yield "drive", f'n.MapNetworkDrive "X:", "s", False, "u", "{password}"\n', "command-password"
    yield "second password", f'createUser m SHA "Q{password}" AES "{password}"\n', "snmp-community", "snmp-community"
    yield "com2sec", f"com2sec readonly default {password}\n", "snmp-community"
    yield "junos snmp", f"snmp {{ community {password} {{ }} }}\n", "snmp-community"
    yield "radius", f"radius server one\n key {password}\n", "router-password"
    yield "line", f"line vty 0 4\n password {password}\n", "router-password"
    yield "failover", f"failover key {password}\n", "router-password"
    yield "documentation host", f"ftp://web:Har!{password}@ftp.example.org/www\n", "url-password"
    for name, token in (
        ("airtable-token", f"pat{make.chars(14)}.{make.hex(64)}"),
        ("notion-token", f"secret_{make.chars(43)}"),
        ("circleci-token", f"CCIPAT_{make.chars(22)}_{make.hex(40)}"),
        ("hubspot-token", f"pat-eu1-{make.hex(8)}-{make.hex(4)}-{make.hex(4)}-{make.hex(4)}-{make.hex(12)}"),
        ("docker-swarm-token", f"SWMTKN-1-{make.hex(50)}-{make.hex(25)}"),
    ):
        yield name, f"x {token}\n", name


def _written(make: Maker) -> Iterator[tuple[str, ...]]:
    """Words without a digit where only a secret can stand, defaults in code, and what people write down."""
    password = make.chars(8) + "7"
    key = make.hex(40)
    for text in (
        "password: 'Bruecke-Nord'",
        '"userPassword": "Nussbaum.Garten"',
        "ftp_pass=Ladekran-Hafen",
        '<Connector port="8443" keystorePass="Schluesselbund" keyAlias="tomcat"/>',
        "public $ftp_pass = 'orgelpfeife';",
        'let pass: String = "Mauersegler"',
        'Const DB_PWD As String = "Tabellenblatt"',
        'var password string = "Tabellenblatt"',
        'MAIL_PASSWORD="Bitte ein Bit"',
        "GET /?user=kv&password=korallenriff HTTP/1.1",
        "DB_PASS=${DB_PASS:-Zimtstern}",
        "password: ${db.password:Zimtstern}",
        f'config.password or "{password}"',
        "<keyMaterial>Gartenzaun</keyMaterial>",
        "ldap.bind.credentials=Gartenzaun",
        f"iLO:  Administrator  pw: {make.chars(7, 'ABC')}7",
    ):
        yield text, text + "\n", "password"
    for text in (
        f"process.env.TOKEN || '{key}'",
        f'opts.token ?? "{key}"',
        f"nzb_key = {make.hex(32)}",
        f'{{"username":"nora","key":"{make.hex(32)}"}}',
        f'new Credentials("AKI-A", "x");\nAKIAABCDEFGHIJKLMNOP, "{make.chars(40)}"'.replace(
            "AKIAABCDEFGHIJKLMNOP", "ASIA0123456789012345"
        ),
        '"Jwt": { "Key": "ThisIsOurSigning2021" }',
    ):
        yield text, text + "\n", "secret-key"
    yield "hash", f'"password_hash":"{make.chars(47)}7"\n', "password-hash"
    yield (
        "fetchmail",
        "poll pop.corp.io proto pop3 user 'bob' there with password 'Zwinge und Holz' is bob here\n",
        "netrc",
    )
    yield "netrc of words", "machine irc.corp.io login bob password vesle-troll\n", "netrc"
    yield "mbsync", "User bob\nPass qT7-vgl8-mmR2\n", "netrc"
    yield "foreign server", "CREATE SERVER f OPTIONS (USER 'f', PASSWORD 'fern-sicht');\n", "sql-password"
    yield "with password", f"ALTER USER crm WITH PASSWORD '{password}';\n", "sql-password"
    yield "ipsec", ': RSA key.pem "Brueckenpfeiler"\n%any : PSK 0x1f7a9c3e5b\n', "vpn-secret", "vpn-secret"
    yield "mikrotik", f"/snmp community\nset [ find default=yes ] name={password}\n", "snmp-community"
    yield "nickserv", 'autosendcmd = "/msg nickserv identify grottenolm3"\n', "irc-password"
    yield "perl", "$ftp->login('web12', 'lieferwagen');\n", "call-password"
    yield "ruby", "Net::FTP.open('ftp.corp.io', 'x7', 'Lichtung12')\n", "call-password"
    yield "go", 'smtp.PlainAuth("", "a@corp.io", "Goldfisch9", "smtp.corp.io")\n', "call-password"
    yield "nagios", "$USER4$=Waechter-der-Nacht\n", "directive-password"
    yield "account", "srv1  10.0.0.11  root / Wurzel*9werk\n", "noted-password"
    yield "credentials", "creds for staging are deploy/R4mpensau\n", "noted-password"
    yield "in a sentence", "I have reset your password to Fruehling24!x, please log in.\n", "spoken-password"
    yield "in backticks", "- NAS: Benutzer `kv` Passwort `Steg1tz!x`\n", "spoken-password"


def _told(make: Maker) -> Iterator[tuple[str, ...]]:
    """Sentences and labels between people, and forms that sets of files written anew brought up."""
    for text in (
        "The root password is giraffe.",
        "my new password is: giraffe",
        "Das Passwort ist nilpferd2019",
        "Le mot de passe du wifi est nilpferd.",
        "La contrase\u00f1a del servidor es nilpferd129",
        "whose password is `nilpferd`",
        'guessed the password "nilpferd" of a guest',
        "ssh root@srv1, password Nilpferd27",
        "initial password is h0rnv1eh906 (to be changed)",
    ):
        yield text, text + "\n", "spoken-password"
    for text in (
        "login: admin / secret12",
        "Passwort f\u00fcr das Archiv: vivibonu73",
        "PW Zip = nilpferd406",
        "<p><b>Password:</b> n1lpferd2006</p>",
        "<li>Passwort: <code>dachs-fuchs-igel</code></li>",
        f"root:{make.chars(8)}7a!",
    ):
        yield text, text + "\n", "noted-password"
    yield "pin", "SIM PIN: 8071\nPUK: 54516808\n", "noted-pin", "noted-pin"
    yield "jwk", f'{{"kty":"EC","d":"{make.chars(43)}","x":"public"}}\n', "private-jwk"
    yield "grub", f"password_pbkdf2 root grub.pbkdf2.sha512.10000.{make.hex(128)}.{make.hex(128)}\n", "password-hash"
    yield "s3fs", f"b:ASIA0123456789012345:/{make.chars(39)}\nc:x\n", "secret-key"
    yield "twilio", f"twilio('AC{make.hex(32)}', '{make.hex(32)}')\n", "twilio-account", "secret-key"
    yield "connect", "mysql_connect('db4', 'k003', 'pafalele72') or die();\n", "call-password"
    yield "net use", "net use \\\\nas\\data Nilpferd747 /user:bob\n", "command-password"
    yield "oracle", "rman target sys/Nilpferd747\n", "command-password"
    yield "ppp", f'"dsl@provider"\t*\t"{make.password()}"\t*\n', "vpn-secret"
    yield "rest client", "Authorization: Basic bob 325257435\n", "authorization-basic"
    yield "coturn", "user=bob:nilpferd170153\n", "command-password"
    yield "yarn", 'npmAuthIdent: "bob:nilpferd170974"\n', "command-password"
    yield "account list", "*.corp.io:bob@corp.io:nilpferd615\n", "mail-password"
    yield (
        "root of mysql",
        'UPDATE mysql.user SET authentication_string=PASSWORD("nilpferd22") WHERE 1;\n',
        "sql-password",
    )
    yield "snmp", "snmp:\n  community: marseille\n", "snmp-community"
    yield "hsrp", "standby 1 authentication nilpferd\n", "router-password"
    yield "c array", f'static const char wifi_psk[] = "{make.hex(32)}";\n', "password"
    yield "c token", f'#define BLYNK_TOKEN "{make.chars(32)}"\n', "directive-password"
    yield "perl q", f"'proxy_pass' => q[{make.password()}],\n", "password"
    yield "two words", '"password": "blumenkohl-galaxie"\n', "password"
    for text in (
        "host=db1 user=app password=nilpferd dbname=x",
        'psql "dbname=x user=app password=nilpferd"',
        "username=app;x=1;password=nilpferd;",
    ):
        yield text, text + "\n", "connection-string"
    for text in (
        "user: lena, pass: nilpferd",
        "Login: lena / Password: Nilpferd",
        "Password for the NAS: nilpferd",
        "Passwort f\u00fcr das Archiv: Nashorn",
    ):
        yield text, text + "\n", "noted-password"
    for text in (
        "zip -P nilpferd a.zip b",
        "openssl enc -aes-256-cbc -k nilpferd -in a",
        "gpg --batch --passphrase nilpferd -c x",
        "keytool -list -storepass nilpferd",
    ):
        yield text, text + "\n", "command-password"
    yield (
        "snmp of version 3",
        "snmpget -v3 -u mon -a SHA -A Nilpferd-7 -x AES -X Nashorn-88 10.0.0.1\n",
        "command-password",
        "command-password",
    )
    for text in (
        'syncrepl rid=1 provider=ldap://b binddn="cn=rep" credentials=nilpferd4',
        'credentials="nilpferd-4" bindmethod=simple',
    ):
        yield text, text + "\n", "ldap-password"
    for text in ("SSHPASS=n1lpferd", "write_community: n1lpferd", "readCommunity = n1lpferd"):
        yield text, text + "\n", "password"
    for text in ("Passwort auf n1lpferd ge\u00e4ndert, bitte merken", "Das Passwort wurde auf n1lpferd gesetzt"):
        yield text, text + "\n", "spoken-password"
    yield "option of java", "java -Djavax.net.ssl.keyStorePassword=sandburg -jar x\n", "password"
