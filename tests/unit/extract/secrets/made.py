"""Secrets made here, of random letters in the forms that services use, and files that people leak them in."""

import base64
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

_ALNUM = string.ascii_letters + string.digits
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Maker:
    """Random values; each is remembered, so that a test can look for it afterwards."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.values: list[str] = []

    def chars(self, count: int, alphabet: str = _ALNUM) -> str:
        while True:
            made = "".join(self._random.choice(alphabet) for _ in range(count))
            if any(c.isdigit() for c in made) or not set(alphabet) & set(string.digits):
                self.values.append(made)
                return made

    def hex(self, count: int) -> str:
        return self.chars(count, "0123456789abcdef")

    def with_crc(self, prefix: str) -> str:
        body = self.chars(30)
        number, digits = crc32(body.encode()), ""
        while number:
            number, rest = divmod(number, 62)
            digits = _BASE62[rest] + digits
        return prefix + body + digits.rjust(6, "0")

    def password(self) -> str:
        made = self.chars(5) + self._random.choice("!#%*+~") + self.chars(4) + self._random.choice(string.digits)
        self.values[-2:] = [made]
        return made

    def key_lines(self, lines: int = 12) -> list[str]:
        body = base64.b64encode(b"\x30\x82\x04\xa4" + self._random.randbytes(48 * lines - 20)).decode()
        made = [body[at : at + 64] for at in range(0, len(body), 64)]
        self.values += made
        return made

    def pem(self, kind: str = "RSA PRIVATE KEY", newline: str = "\n") -> str:
        return newline.join([f"-----BEGIN {kind}-----", *self.key_lines(), f"-----END {kind}-----", ""])


@dataclass(frozen=True)
class Leak:
    name: str
    text: str
    rules: tuple[str, ...]


def leaks(make: Maker) -> Iterator[Leak]:
    """Files with secrets, and the rules that find them in order of their places."""

    def of(name: str, text: str, *rules: str) -> Leak:
        return Leak(name, text, rules)

    aws = "AKIA" + make.chars(16, string.ascii_uppercase + "234567")
    yield of(
        "aws",
        f"[default]\naws_access_key_id = {aws}\naws_secret_access_key = {make.chars(40)}\n",
        "aws-access-key",
        "secret-key",
    )
    yield of("github", f"token: {make.with_crc('ghp_')}\n", "github-token")
    yield of("github unchecked", f'x = "ghp_{make.chars(36)}"\n', "github-token")
    yield of("npm", f"//r.corp.io/:_authToken={make.with_crc('npm_')}\n", "npm-token")
    yield of("gitlab", f"GITLAB={'glpat-' + make.chars(20)}\n", "gitlab-token")
    yield of(
        "slack",
        f"t: xoxb-{make.chars(11, string.digits)}-{make.chars(12, string.digits)}-{make.chars(24)}\n",
        "slack-token",
    )
    yield of("stripe", f"key=sk_live_{make.chars(24)}\n", "stripe-key")
    yield of("sendgrid", f"SG.{make.chars(22)}.{make.chars(43)}\n", "sendgrid-key")
    yield of("google", f'{{"k": "AIza{make.chars(35)}"}}\n', "gcp-api-key")
    yield of("anthropic", f"ANTHROPIC=sk-ant-api03-{make.chars(93)}AA\n", "anthropic-key")
    yield of("hugging face", f"hf_{make.chars(34, string.ascii_letters)}\n", "huggingface-token")
    yield of("telegram", f"bot 48213{make.chars(4, string.digits)}:AA{make.chars(33)}\n", "telegram-token")
    yield of("digital ocean", f"dop_v1_{make.hex(64)}\n", "digitalocean-token")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"sub":"bob","iat":1516239}').decode().rstrip("=")
    yield of("jwt", f"Cookie: session={header}.{claims}.{make.chars(43)}\n", "jwt")
    yield of("pem", make.pem(), "private-key")
    yield of("crlf pem", make.pem("PRIVATE KEY", "\r\n"), "private-key")
    yield of(
        "putty",
        "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 3\n"
        + "\n".join(make.key_lines(2)[:3])
        + "\nPrivate-MAC: 00\n",
        "putty-private-key",
    )
    yield of("netrc", f"machine a.corp.io\n  login bob\n  password {make.password()}\n", "netrc")
    yield of("pgpass", f"db.corp.io:5432:main:bob:{make.password()}\n", "pgpass")
    yield of("htpasswd", f"bob:$apr1${make.chars(8)}${make.chars(22)}\n", "password-hash")
    yield of("shadow", f"bob:$6${make.chars(12)}${make.chars(86)}:17701:0:99999:7:::\n", "password-hash")
    yield of("sql", f"INSERT INTO users VALUES (1, 'bob', '$2y$10${make.chars(53)}');\n", "password-hash")
    yield of("env", f"DB_HOST=db\nDB_PASSWORD={make.password()}\nREDIS_PASSWORD=null\n", "password")
    yield of("shell", f"export DB_PASS='{make.password()}'\n", "password")
    yield of("words", "export DB_PASS=purpleWalrus\n", "password")
    yield of("yaml", f"db:\n  password: {make.password()}\n", "password")
    yield of("json", f'{{"user": "bob", "dbPassword": "{make.password()}", "n": 1}}\n', "password")
    yield of("json number", f'{{"password": {make.chars(9, "2468135")}}}\n', "password")
    yield of("php", f"define('DB_PASSWORD', '{make.password()}');\n", "password")
    yield of("php variable", f"$config['password'] = '{make.password()}';\n", "password")
    yield of("python", f"SECRET_KEY = '{make.chars(50)}'\n", "secret-key")
    yield of("go", f'password := "{make.password()}"\n', "password")
    yield of("typescript", f'const apiKey: string = "{make.chars(32)}";\n', "secret-key")
    yield of("c", f'#define WIFI_PASSWORD "{make.password()}"\n', "directive-password")
    yield of("xml element", f"<server><password>{make.password()}</password></server>\n", "password")
    yield of("xml attribute", f'<user name="bob" password="{make.password()}"/>\n', "password")
    yield of("xml pair", f'<add key="SmtpPassword" value="{make.password()}"/>\n', "password")
    yield of("plist", f"<key>password</key>\n<string>{make.password()}</string>\n", "password")
    yield of(
        "filezilla",
        f'<Pass encoding="base64">{base64.b64encode(make.password().encode()).decode()}</Pass>\n',
        "password",
    )
    yield of("kubernetes", f"- name: DB_PASSWORD\n  value: {make.password()}\n", "password")
    yield of(
        "docker",
        f'{{"auths": {{"r": {{"auth": "{base64.b64encode(("bob:" + make.password()).encode()).decode()}"}}}}}}\n',
        "docker-auth",
    )
    yield of("url", f"DATABASE_URL=postgres://bob:{make.chars(12)}@db.corp.io/main\n", "url-password")
    yield of("odbc", f'"Server=db;Database=x;User Id=sa;Password={make.password()};"\n', "connection-string")
    yield of(
        "basic",
        f"Authorization: Basic {base64.b64encode(('bob:' + make.password()).encode()).decode()}\n",
        "authorization-basic",
    )
    yield of("bearer", f"-H 'Authorization: Bearer {make.hex(40)}'\n", "authorization-bearer")
    yield of("query", f"GET /login?user=bob&password={make.chars(6)}!{make.chars(4)}&x=1 HTTP/1.1\n", "password")
    yield of("curl", f"curl -s -u bob:{make.password()} http://a.corp.io/\n", "command-password")
    yield of("mysql", f"mysql -u root -p{make.password()} main\n", "command-password")
    yield of("call", f"conn.login('bob@corp.io', '{make.password()}');\n", "call-password")
    yield of(
        "cisco",
        f"enable secret 5 $1${make.chars(4)}${make.chars(22)}\nusername bob password 7 {make.hex(14)}\n",
        "cisco-password",
        "cisco-password",
    )
    yield of("snmp", f"snmp-server community {make.chars(9)} RO\n", "cisco-password")
    yield of("juniper", f'secret "$9${make.chars(20)}"; ## SECRET-DATA\n', "juniper-secret")
    yield of("wpa", f'network={{\n  ssid="home"\n  psk="{make.password()}"\n}}\n', "password")
    yield of("mikrotik", f"set wpa2-pre-shared-key={make.chars(12)} name=x\n", "wifi-password")
    yield of("redis", f"requirepass {make.chars(12)}\n", "directive-password")
    yield of("ipsec", f'10.1.2.3 : PSK "{make.password()}"\n', "vpn-secret")
