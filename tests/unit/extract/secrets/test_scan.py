"""What is found, and what is not."""

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.extract.secrets.bare import is_telling
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.scan import Scanner
from siss.extract.secrets.tokens import TOKENS
from siss.extract.secrets.values import is_placeholder
from unit.extract.secrets.made import Leak, Maker, leaks
from unit.extract.secrets.made_forms import forms

SCANNER = Scanner()


def rules(text: str) -> list[str]:
    data = text.encode()
    return [found.rule for found in SCANNER.scan(Piece.whole(data)).found]


@pytest.mark.parametrize("leak", [*leaks(Maker()), *forms(Maker(8))], ids=lambda leak: leak.name)
def test_a_leak_is_found(leak: Leak) -> None:
    assert rules(leak.text) == list(leak.rules)


@pytest.mark.parametrize(
    "text",
    [
        "password = getpass.getpass()",
        (
            "x=`at state: `+w+`, token: `+S);switch(T[0]){case 1:n.push(S),a.push(h.yytext),o.push(h.yylloc),"
            "S=null,p=0;break;case 2:w=n[n.length-1]`}"
        ),
        "password: str",
        "def login(user, password=None):",
        "self.password = password",
        'password = os.environ["DB_PASSWORD"]',
        "DB_PASSWORD=${DB_PASSWORD}",
        "DB_PASSWORD=$(cat /run/secrets/db)",
        "password: {{ vault_db_password }}",
        "password: \"<%= ENV['PW'] %>\"",
        "password: changeme",
        "80:application/x-pw:*.pw",
        "PASS: test1-of-many22",
        "The password is SHA256-hashed and its salt is kept.",
        "The default password is Base64 encoded.",
        "Your password is 12-characters.",
        "[docs.corp.io] https://www.corp.io/x1",
        "routing_key: orders.created",
        'refresh_token = "auth-stage-38.sin.home.arpa"',
        "DB_PASSWORD=db-prod-01.example.com:5432",
        'password = "your-password-here"',
        "password: ********",
        "password=xxxxxxxxxxxx",
        "password=12345678",
        "api_key = 00000000000000000000000000000000",
        "password_file = /etc/pw.txt",
        "PASSWORD_FILE=/run/secrets/pw",
        'password_field: "inputPassword1"',
        "token_type: bearer1234567890abcdefgh",
        "max_tokens: 4096",
        "tokenizer: gpt2tokenizer99x",
        'secret_name: "prod-db-7f8a9b2c3d4e5f60"',
        'token = "TOKEN_IDENTIFIER_NAME"',
        '"token": "comment.line.double-slash"',
        "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "etag: 'd41d8cd98f00b204e9800998ecf8427e'",
        "id: 203db13e-70c7-462b-9a3d-bf32640cb0be",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "https://user:password@host/path",
        "https://user:pass@example.com/",
        "git@github.com:owner/repo.git",
        "http://[::1]:8080/@x",
        "scp://host:22/path@2x.png",
        "mailto:bob@corp.io",
        "The password is the word that opens the door",
        "Enter password for user bob:",
        "password incorrect",
        "    --- PASS: TestParse/9 (0.07s)",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0Z3VS5JJcds3xfn/ygWy\n-----END PUBLIC KEY-----",
        'if line == "-----BEGIN RSA PRIVATE KEY-----": return read_key(line)',
        "-----BEGIN PRIVATE KEY-----\nis how such a file begins, and then the key follows\n",
        "Basic authentication",
        "$1$ is the price",
        "key 7 days",
        "x = 0x216  # SYS_PASSWD = 0x216",
        "user:x:1000:1000:Bob:/home/bob:/bin/bash",
        "12:30:45:99 level:high",
        "password: true",
        "password:\n    enter it here",
        "password:\nnext9: 1",
        "password: |\n",
        "$password = $module.Params.password",
        'MYSQLPASSWORD=" --password=$3"',
        'PSWD="${SST_AUTH#*:}"',
        "PW=`dirname $0`",
        "'$userPassword' => '@user_password',",
        "'/user-password' => 'App\\\\Controllers\\\\UserPasswordController2',",
        "token = 'Stack-Set-Create-{0}'.format(operation_uuid)",
        "var pass = '#snmp2_password';",
        "url += '&password=' + encodeURIComponent(p2.value) + '&x'",
        "ssl_cipher_list = ALL:!MD5:!PSK:!RC4:!ADH:!LOW@STRENGTH",
        "ntlm auth = mschapv2-and-ntlmv2-only",
        "fastcgi_pass 127.0.0.1:9000;",
        "WPA-PSK = WPA-Personal",
        "uid=&quot;user&quot; pwd=&quot;pwd&quot; db=&quot;syslog_db&quot;",
        "- fix password (https://git.corp.io/a/b/issues/28)",
        'tool: must-not-use-helper "dpkg-maintscript-helper" *',
        "create(name=user_name, password=password, **params)",
        "mysql://HOMER_DB_USER:HOMER_DB_PASSWORD@127.0.0.1/homer",
        "const again = await read.password('Password 2:')",
        'have the same value for all columns identified by "aOrderBy".',
        "ModulePass *createFloat2IntPass();",
        "set the password for newly created users.",
        'password = "enter 8 characters or more"',
        "secret: tls-secret-2",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: cG9zdGdyZXM6Ly9hcHA6eDl5OHo3QGRiL3g=\n",
        "apiVersion: v1\nkind: Secret\n---\nkind: ConfigMap\ndata:\n  a: cG9zdGdyZXM6Ly9hcHA6eDl5OHo3QGRiL3g=\n",
        "apiVersion: v1\nkind: Secret\ndata:\n  user: YWRtaW4=\nstringData:\n  mode: frontend\n",
        "identified by '$ldap$'",
        "auth: required",
        "'password' => 'required|min:8|confirmed',",
        "spring.datasource.password=@db.password@",
        "es:\n  password: Contraseña",
        'String token = request.getHeader("X-Auth-Token");',
        "| Option | Password |\n|---|---|\n| length | 12 characters |\n| kind | required |",
        "| User | Password policy |\n|---|---|\n| admin | strong123 |",
        "<tr><th>Field</th><th>Password</th></tr><tr><td>length</td><td>8 to 64</td></tr>",
        "jdbc:x;jsessionid=0123456789abcdef0123456789abcdef",
        "--sasl-password=projects/12345/secrets/sasl-7/versions/1",
        "last_synced_token = fs.syncState.syncToken[:7]",
        "...         '@color':'red',",
        "mail.corp.io container:image",
        "existingSecret: postgres-auth-config",
        "password: use-existing-secret",
        "password: Forgot-Password",
        "password = Settings.Default",
        '"password": "Validators.Required"',
        "WPA-PSK = WPA-Enterprise",
        "DB_PASSWORD=${DB_PASSWORD:?must be set}",
        "DB_PASSWORD=${DB_PASSWORD:-$OTHER}",
        'ERR_PASSWORD="Das Passwort ist falsch"',
        'MSG_PASSWORD="Login not possible"',
        "token = token or 'access-token'",
        " * @GNUTLS_CRD_PSK: PSK credential.",
        "it is not enough to pass `SSL_OP_NO_TLSv1`",
        "man3/login.3 man3/logout.3",
        "root / sudo and admin / user2",
        "item.renderPass;renderPass=renderPass;item.x=1",
        'log("wrong password: " + name)',
        "ftp->login('anonymous', '-anonymous@')",
        "url.UserPassword(name, word)",
        "docker login -u bob -p $TOKEN",
        "mysql -u root -p",
        "password_hash = hash_password(word)",
        '"password_hash": "required"',
        "User: bob\nFirst pass over all of the files.",
        "create(user=name, password=other.value)",
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "<password/>",
        '<input type="password" name="password" id="password"/>',
        "«secret:password:0123456789abcdef»",
        "password=«secret:password:0123456789abcdef»",
        "https://bob:«secret:url-password:0123456789abcdef»@db.corp.io/",
        "machine a.b login c password «secret:netrc:0123456789abcdef»",
        "password: '{$API.PASSWORD}'",
        'set imap_pass="`gpg --batch -q --decrypt ~/.mutt/account.gpg`"',
        "PASSPHRASE=$AMANDA_HOME/.am_passphrase",
        "connect(password=mediafire_password)",
        'NetworkSecurityTypeWpa2Psk = "WPA2_PSK"',
        'chains that have "password" or "hostbased"',
        "user and password method.",
        "Default schemes\npassword schemes",
        "FROM ubuntu@sha256:26c68657ccce2cb0a31b330cb0be2b5e108d467f641c62e13ab40cbec258c68d",
        "RUN net user /add patrick",
        "postgresql://scott:tiger@db.corp.io/test",
        "mysql://keystone:KEYSTONE_DBPASS@controller/keystone",
        "* NEWS, contrib/ftpasswd: Bug#3994",
        '"NextToken": "9f4d9f69-275a-41fe-b58e-2b837bd9ba48"',
        '"rules": {"os-admin-password": "rule:project_member_or_admin"}',
        "$x->getValue('password','lowercase');",
        "$labels['password'] = 'Adgangskode';",
        "password = keystoneauth1.loading._plugins.identity.generic:Password",
        "tool --password --s3-endpoint",
        'private_key="pkcs11:manufacturer=piv_II;id=%01"',
        "The password is required.",
        "Passing the password via the command line is insecure.",
        "the password is changed every month",
        "Only pass `kwargs` to our checkers",
        "pass the option 'debug=1' to it",
        "see wp-admin/admin-header.php#L67-L68",
        "SHA256 of the password is sha256-based",
        "user = warden.variable_get(:@users)",
        "passwd = util.b64d(passwd)",
        'pass_string = "%s:%s" % (user, passwd)',
        'password = "0x%s" % encode(password)',
        'TrafficSecret => "CLIENT_TRAFFIC_SECRET_0",',
        "lost_password: '\u8bf7\u70b9\u51fb\u4fee\u6539\u60a8\u7684\u5bc6\u7801\uff1a'",
        'api_auth = "/v1/auth/{mount_point}/config/identity".format(',
        "run -p LoadCredential=cred:/tmp/ts54-creds x",
        "admin/db.php?dump_sql=1",
        "return 16*pi/405*res",
        "('social_auth', '0005_auto_20160727_2333')",
        "le mot de passe est invalide.",
        "add -u USER -p PASS MyApp-0.01.tar.gz",
        "connect(user=name, password=userpass)",
        "user: name, pass: string",
        "Password for the account: mandatory",
        "host=$H user=$U password=$P",
        "host=db1 user=foo password=foopass",
        'passphrase=b"encrypted"',
        'outToken: "client-valid-token-1",',
        "password = @cert_provider.load_private_key_password",
        r"'Dot1XConfigurationToken' => \%Dot1XConfigurationToken_of,",
        "// password: String?",
        "client.check_token('deadbeef1234567890deadbeef987654321')",
        "implementations identified as 'libusb-0.1'",
        'fetch(url, {credentials="same-origin"})',
        "nmap -A -X target1",
    ],
)
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert rules(text) == []
    assert rules(f"one line before\n{text}\none line after\n") == []


@pytest.mark.parametrize("comment", ["gitleaks:allow", "siss:allow"])
def test_a_comment_on_the_line_allows_it(comment: str) -> None:
    secret = Maker().password()
    assert rules(f"password: {secret}\n") == ["password"]
    assert rules(f"password: {secret}  # {comment}\n") == []
    assert rules(f"# {comment}\npassword: {secret}\n") == ["password"]


def test_a_token_whose_checksum_is_right_is_critical() -> None:
    make = Maker()
    data = f"{make.with_crc('ghp_')}\nghp_{make.chars(36)}\n".encode()
    assert [found.critical for found in SCANNER.scan(Piece.whole(data)).found] == [True, False]


def test_only_rules_that_were_judged_hide_a_file() -> None:
    """The list of docs/secrets.md: forms that no judged finding speaks for are redacted, and hide nothing."""
    critical = {token.rule for token in TOKENS if token.critical}
    assert critical == {"aws-access-key", "github-token", "huggingface-token", "npm-token", "openai-key"}


def test_an_access_key_of_other_letters_than_those_of_base32_hides_nothing() -> None:
    data = b"AKIAQYLPMN5HFIQR7XYA AKIAQYLPMN5HFIQR7XY1\n"
    assert [found.critical for found in SCANNER.scan(Piece.whole(data)).found] == [True, False]


@pytest.mark.parametrize(
    ("label", "head", "body", "critical"),
    [
        ("RSA PRIVATE KEY", "", b"\x30\x82\x04\xa4", True),
        ("EC PRIVATE KEY", "", b"\x30\x62", True),
        ("PRIVATE KEY", "", b"\xd7\x9f\xdf\x6d", False),
        ("PRIVATE KEY", "", b"\x30\x20", False),
        (
            "RSA PRIVATE KEY",
            "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,D54228DB5838E32589695E83A22595C7\n\n",
            b"\xd7\x9f",
            True,
        ),
    ],
)
def test_a_block_hides_its_file_where_it_begins_as_a_key_does(
    label: str, head: str, body: bytes, critical: bool
) -> None:
    size = 100 if len(body) == 2 and not head else 96
    value = base64.b64encode(body + random.Random(1).randbytes(size - len(body))).decode()
    data = f"-----BEGIN {label}-----\n{head}{value}\n-----END {label}-----\n".encode()
    assert [found.critical for found in SCANNER.scan(Piece.whole(data)).found] == [critical]


def test_a_key_inside_base64_is_found_and_a_certificate_is_not() -> None:
    make = Maker()
    key = base64.b64encode(make.pem().encode()).decode()
    certificate = base64.b64encode(make.pem("CERTIFICATE").encode()).decode()
    assert rules(f"tls.key: {key}\n") == ["private-key"]
    assert rules(f"tls.crt: {certificate}\n") == []


def test_letters_that_a_long_token_holds_by_chance_are_no_placeholder() -> None:
    body = Maker().chars(43, "ABCDEFGHJKLMNPQRSTUVWXYZ")
    token = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{body}xxx3todo5mock7{body}"
    assert rules(f"Cookie {token}\n") == ["jwt"]
    assert rules(f"Cookie {token.replace(body, 'x' * 43)}\n") == []


def test_random_text_is_no_placeholder() -> None:
    """Whatever a machine drew: a word for a placeholder in it would show the token."""
    drawn = random.Random(5)
    texts = [base64.b64encode(drawn.randbytes(150)).decode() for _ in range(1000)]
    assert [text for text in texts if is_placeholder(text)] == []


def test_a_place_that_comes_to_nothing_hides_none_inside_of_it() -> None:
    secret = Maker().password()
    for before in ("with password 'no'", "password to all. password", "user x with"):
        assert rules(f"ALTER USER a {before} PASSWORD '{secret}';\n") == ["sql-password"]


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=6, max_size=24))
def test_a_default_keeps_the_braces_around_it(word: str) -> None:
    data = f"A_PASSWORD=${{A_PASSWORD:-{word}}}\n".encode()
    for found in SCANNER.scan(Piece.whole(data)).found:
        assert data[found.start : found.end] == word.encode()


def unfinished(text: str) -> list[str]:
    data = text.encode()
    return [found.rule for found in SCANNER.scan(Piece.whole(data), may_go_on=True).found]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("INFO token=ghp_abc", "unfinished-token"),
        ("a line\nAuthorization: Bearer eyJhbGciOi", "unfinished-token"),
        ("INFO key AKIAX", "unfinished-token"),
        ("INFO login password=hu", "unfinished-password"),
        ('{"a": 1, "password": "se', "unfinished-password"),
        ("aws_secret_access_key = wJalr", "unfinished-password"),
    ],
)
def test_half_a_secret_at_the_end_of_a_text_is_one_where_it_may_go_on(text: str, rule: str) -> None:
    assert unfinished(text) == [rule]
    assert unfinished(f"{text}\n") == rules(text) == []


@pytest.mark.parametrize(
    "text", ["INFO the end", "tokens=3", "password: string", "see sk-learn", "password=$DB_PASS"]
)
def test_another_end_of_a_text_stays(text: str) -> None:
    assert unfinished(text) == []


def test_a_token_after_an_escape_is_found() -> None:
    token = Maker().with_crc("ghp_")
    assert rules(f'{{"log": "line\\n{token}\\n"}}') == ["github-token"]
    assert rules(f"?next=%3D{token}") == ["github-token"]


def test_the_value_is_not_in_the_representation() -> None:
    secret = Maker().password()
    data = f"password: {secret}".encode()
    scan = SCANNER.scan(Piece.whole(data))
    assert scan.found
    assert secret not in repr(scan)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("master.key", "hex"),
        ("restic-password.txt", "word"),
        ("db_password", "word"),
        ("api.token", "hex"),
        ("vault_pass_file", "word"),
    ],
)
def test_a_file_may_be_one_secret(name: str, value: str) -> None:
    text = Maker().hex(32) if value == "hex" else "quiet" + Maker().password()
    assert is_telling(name)
    found = SCANNER.scan_bare(f"{text}\n".encode())
    assert [(one.rule, one.value.decode()) for one in found] == [("secret-file", text)]


@pytest.mark.parametrize(
    "name", ["HEAD", "main", "x.sha256", "tokenizer.txt", "notes.txt", "secret.sha256", "token.py"]
)
def test_a_file_of_another_name_is_no_secret(name: str) -> None:
    assert not is_telling(name)


@pytest.mark.parametrize("text", ["", "changeme\n", "two words9\n", "a1b2c3d4e5\nf6a7b8c9d0\n", "${DB_PASSWORD}\n"])
def test_a_text_that_is_no_single_value_is_no_secret(text: str) -> None:
    assert SCANNER.scan_bare(text.encode()) == []


def test_blanks_behind_a_telling_word_take_linear_time() -> None:
    scanner = Scanner()

    def scan(blanks: int) -> object:
        text = b"the root password is " + b" " * blanks + b"!"
        return scanner.scan(Piece.whole(text))

    assert_linear(scan, 8000)
