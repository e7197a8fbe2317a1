"""Forms that unseen trees had: what leaked there, and what only looked like it."""

import pytest

from siss.extract.secrets.piece import Piece
from siss.extract.secrets.scan import Scanner

SCANNER = Scanner()


def values(text: str) -> list[str]:
    data = text.encode()
    return [data[each.start : each.end].decode() for each in SCANNER.scan(Piece.whole(data)).found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("db: {user: shop, password: Laterne, host: db1}\n", "Laterne"),
        ("- {name: wiki, password: wandertag}  # read only\n", "wandertag"),
        ("ntp authentication-key 10 md5 Zeit4Alle\n", "Zeit4Alle"),
        ('curl -H "X-Api-Key: k3Jd92LmQp0Zx7Va" https://x\n', "k3Jd92LmQp0Zx7Va"),
        ("root pw on srv-alt is Regenschirm2\n", "Regenschirm2"),
        ("Das WLAN-Passwort im Raum 4: GrauerTee2024\n", "GrauerTee2024"),
        ("  sessionSecret: 'kittenstomp-9a',\n", "kittenstomp-9a"),
        ('"session_secret": "affenbrotbaum",\n', "affenbrotbaum"),
        ("http_proxy=http://jschmidt:winterwald@proxy:8080\n", "winterwald"),
        ("'passwordsalt' => 'Jk2Lp0qZxV7nB3mC5tR8yW1u',\n", "Jk2Lp0qZxV7nB3mC5tR8yW1u"),
        ("CREATE USER x\n  IDENTIFIED BY 'Wolke77';\n", "Wolke77"),
        ("def test_login(client):\n    password = 'Wolke7!Himmel'\n", "Wolke7!Himmel"),
        ("password = 'wandertag9'\n\ndef test_login(client):\n    pass\n", "wandertag9"),
    ],
)
def test_what_leaked_elsewhere_is_found(text: str, value: str) -> None:
    assert values(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "const opts = {user: name, password: phrase};\n",
        "const pass = encodeUTF8(this._credentials.password);\n",
        "/etc/passwd: 429b225650b912a2ee067b0a4cf1e949\n",
        "servers = slave1/db/name/pw:slave2/db/name/pw\n",
        "content changed '{md5}7045121976147a932a66c7671939a9ad' to\n",
        "line = `getent passwd #{@resource[:name]}`\n",
        "user = Puppet.settings[:ldapuser]\n",
        "drop `ldapsearch -H -x -D -w -LLL`, as those\n",
        "f({SSID:c13.value,PSKPassPhrase:c28.value},null,g)\n",
        'updateRealms([]),d2username.value=d2password1.value=d2password2.value="",x=1\n',
        "return a.x!=u?a.isString?Mirror.Pass:0:a.scopes[0].offset},line\n",
        's.write("{\\"password\\":\\"" + Buffer.from(settings.password, "x").toString("base64") + "\\"}")\n',
        "A role that is identified by 'name1' in the list.\n",
        "CREATE USER radius WITH PASSWORD 'radpass';\n",
        "('Authorization', 'Basic eHVzZXI6eHBhc3N3b3Jk')\n",
        "AUTH PLAIN AHVzZXJuYW1lAG15c2VjcmV0\n",
        "http_proxy=http://myuser:mypass@proxy:8080\n",
        "password: 'hunter2'\n",
        '"Password": "Palavra-passe",\n',
        '"change_password": "5/m/user",\n',
        "'set_password': 'shop.account.forms.SetForm',\n",
        "packet.write('mysql_native_password', 'latin1');\n",
        "x.auth_password: attribute\n",
        "radius and tacacs:\n  password arguments.\n",
        "template talk cc sa/sandbox,1\n",
        '"password": "Cyfrinair",\n',
        "// ibPassword: 2-byte\n",
        '"namespace: root/cimv2\\n"\n',
        # What tests make up in passing
        "def test_login(client):\n    client.login(username='eva', password='wandertag')\n",
        "describe('login', () => {\n  const password = 'bender2';\n",
        "import pytest\n\nSETTINGS = dict(ssl_password='ssl_secret_456')\n",
    ],
)
def test_what_only_looked_like_one_elsewhere_is_not(text: str) -> None:
    assert values(text) == []
