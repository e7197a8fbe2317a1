# ruff: noqa: E501 - expressions are easier to read whole
"""Tokens with a form of their own: a prefix, a length, sometimes a checksum.

One RE2 expression proposes places; the table then names the rule, the exact form and what may hide a file. Forms are
those that the services document. ``critical`` marks the rules whose measured precision is 0.99 (docs/secrets.md).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import orjson

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.unescape import decode_base64
from siss.extract.secrets.values import entropy, is_placeholder

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

LEAD: Final = rb"(?:\b|\\+[nrtbf]|%[0-9A-Fa-f]{2}|\\+u[0-9a-fA-F]{4}|_)"
"""A token begins at a word, or after an escape that ends in a letter or digit."""


@dataclass(frozen=True, slots=True)
class Token:
    """One rule. ``pattern``: RE2 and ``re`` syntax; group 1, where there is one, is the secret part.

    ``check``: a further test of the whole value; ``least``: bits a character.
    """

    rule: str
    pattern: bytes
    critical: bool = False
    least: float = 3.0
    check: Callable[[bytes], bool] | None = None


def _has_crc(value: bytes) -> bool:
    """GitHub's and npm's tokens end in the CRC-32 of the part after the prefix, in six digits of base 62."""
    body = value.rpartition(b"_")[2]
    number, digits = crc32(body[:-6]), ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(6, "0").encode() == body[-6:]


def _is_jwt(value: bytes) -> bool:
    """The header is a JSON object that names an algorithm."""
    header = decode_base64(value.partition(b".")[0])
    try:
        found = orjson.loads(header or b"")
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and "alg" in found


def _names_telegram(value: bytes) -> bool:
    return value[0] != 0x30 and entropy(value[-35:].decode()) > 3.5


def _is_discord(value: bytes) -> bool:
    """The first part is a user's number in base64."""
    return (decode_base64(value.partition(b".")[0]) or b"").isdigit()


def _mixed(value: bytes) -> bool:
    return any(48 <= byte < 58 for byte in value) and any(byte > 64 for byte in value)


_T = Token
TOKENS: Final = (
    _T("aws-access-key", rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", True, 2.8),
    _T("aws-access-key-unchecked", rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", False, 2.8),
    _T("aws-bedrock-key", rb"ABSK[A-Za-z0-9+/]{109,269}={0,2}"),
    _T("aws-mws-token", rb"amzn\.mws\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    _T("gcp-api-key", rb"AIza[0-9A-Za-z_-]{35}", False, 3.5),
    _T("gcp-oauth-token", rb"ya29\.[0-9A-Za-z_-]{30,500}|1//0[0-9A-Za-z_-]{40,200}", False, 3.5),
    _T("gcp-oauth-secret", rb"GOCSPX-[0-9A-Za-z_-]{28}"),
    _T("azure-client-secret", rb"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}", False, 3.8, _mixed),
    _T("azure-storage-key", rb"(?:AccountKey|SharedAccessKey|accesskey)=([A-Za-z0-9+/%]{40,100}={0,2})", False, 3.8),
    _T("azure-sas-signature", rb"[?&;](?:amp;)?sig=([A-Za-z0-9%+/_-]{40,80}(?:%3D|=){0,2})", False, 3.8),
    _T("digitalocean-token", rb"do[opr]_v1_[0-9a-f]{64}"),
    _T("alibaba-access-key", rb"LTAI[A-Za-z0-9]{17,21}", False, 3.3, _mixed),
    _T("tencent-secret-id", rb"AKID[A-Za-z0-9]{32}", False, 3.5, _mixed),
    _T("heroku-token", rb"HRKU-AA[0-9A-Za-z_-]{58}"),
    _T("cloudflare-origin-key", rb"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
    _T("databricks-token", rb"dapi[0-9a-f]{32}(?:-\d)?"),
    _T("vault-token", rb"hv[sbr]\.[A-Za-z0-9_-]{24,300}", False, 3.5, _mixed),
    _T("terraform-token", rb"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    _T("pulumi-token", rb"pul-[0-9a-f]{40}"),
    _T("docker-swarm-token", rb"SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}"),
    _T("k3s-token", rb"K10[0-9a-f]{64}::(?:server|node|user):[0-9a-zA-Z]{16,64}"),
    _T("openshift-token", rb"sha256~[A-Za-z0-9_-]{43}", False, 3.8, _mixed),
    _T("proxmox-token", rb"PVEAPIToken=[\w.@-]+![\w.-]+=([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"),
    _T("scaleway-access-key", rb"SCW[A-Z0-9]{17}", False, 3.0, _mixed),
    _T("exoscale-key", rb"EXO[0-9a-f]{24}"),
    _T("volcengine-access-key", rb"AKLT[A-Za-z0-9+/]{40,60}", False, 3.8, _mixed),
    _T("baidu-access-key", rb"ALTAK[A-Za-z0-9]{21}", False, 3.3, _mixed),
    _T("yandex-token", rb"(?:y[0-3]_[A-Za-z0-9_-]{50,60}|AQVN[A-Za-z0-9_-]{35,40})", False, 3.8, _mixed),
    _T("doppler-token", rb"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    _T("fly-token", rb"fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/=]{60,900}", False, 3.5),
    _T("tailscale-key", rb"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{9,20}(?:CNTRL)?-[A-Za-z0-9]{20,40}"),
    _T("age-secret-key", rb"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    _T("1password-token", rb"ops_eyJ[A-Za-z0-9+/]{200,900}={0,3}"),
    # Forges and package registries
    _T("github-token", rb"gh[pousr]_[A-Za-z0-9]{36}", True, 3.3, _has_crc),
    _T("github-token-unchecked", rb"gh[pousr]_[A-Za-z0-9]{36,255}", False, 3.3),
    _T("github-fine-grained-token", rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _T("gitlab-token", rb"gl(?:pat|dt|ptt|rt|soat|imt|agent|oas|ffct|wt)-[A-Za-z0-9_-]{20,64}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?", False, 3.3),
    _T("gitlab-ci-token", rb"glcbt-[0-9a-zA-Z]{1,5}_[A-Za-z0-9_-]{20}", False, 3.3),
    _T("gitlab-runner-token", rb"GR1348941[A-Za-z0-9_-]{20}"),
    _T("bitbucket-token", rb"AT(?:BB|CTT3|ATT3|OST)[A-Za-z0-9_=-]{24,400}", False, 3.5, _mixed),
    _T("npm-token", rb"npm_[A-Za-z0-9]{36}", True, 3.3, _has_crc),
    _T("npm-token-unchecked", rb"npm_[A-Za-z0-9]{36}", False, 3.3),
    _T("pypi-token", rb"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}"),
    _T("rubygems-token", rb"rubygems_[0-9a-f]{48}"),
    _T("docker-token", rb"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,32}"),
    _T("artifactory-token", rb"AKC[A-Za-z0-9]{60,73}", False, 3.3, _mixed),
    _T("clojars-token", rb"CLOJARS_[0-9a-z]{60}"),
    _T("jfrog-reference-token", rb"cmVmdGtu[A-Za-z0-9]{56}", False, 3.5, _mixed),
    _T("crates-token", rb"cio[A-Za-z0-9]{32}", False, 3.8, _mixed),
    _T("nuget-key", rb"oy2[a-z0-9]{43}", False, 3.3, _mixed),
    _T("sonar-token", rb"sq[pua]_[0-9a-f]{40}"),
    _T("sourcegraph-token", rb"sgp_(?:[0-9a-zA-Z]{1,16}_)?[0-9a-f]{40}"),
    _T("circleci-token", rb"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    _T("buildkite-token", rb"bkua_[0-9a-f]{40}"),
    # Messages and mail
    _T("slack-token", rb"xox[abeoprs]-(?:\d-)?[0-9A-Za-z-]{10,250}", False, 3.2, _mixed),
    _T("slack-app-token", rb"xapp-\d-[A-Z0-9]{9,13}-\d{10,15}-[0-9a-f]{40,80}"),
    _T("slack-webhook", rb"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{30,80})", False, 3.3),
    _T("discord-token", rb"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}", False, 3.8, _is_discord),
    _T("discord-token-unchecked", rb"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}", False, 4.0, _mixed),
    _T("discord-webhook", rb"discord(?:app)?\.com/api/webhooks/(\d{17,20}/[A-Za-z0-9_-]{60,80})"),
    _T("telegram-token", rb"\d{8,10}:AA[A-Za-z0-9_-]{33}", False, 3.3, _names_telegram),
    _T("feishu-webhook", rb"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/([0-9a-f-]{36})"),
    _T("zapier-webhook", rb"hooks\.zapier\.com/hooks/catch/([0-9]+/[A-Za-z0-9]{5,12})", False, 2.0),
    _T("resend-key", rb"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}", False, 3.5, _mixed),
    _T("teams-webhook", rb"webhook\.office\.com/webhookb2/([0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})"),
    _T("sendgrid-key", rb"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    _T("mailgun-key", rb"(?:key|pubkey)-[0-9a-f]{32}", False),
    _T("mailchimp-key", rb"[0-9a-f]{32}-us\d{1,2}"),
    _T("brevo-key", rb"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _T("twilio-key", rb"SK[0-9a-f]{32}", False, 3.0),
    _T("twilio-account", rb"AC[0-9a-f]{32}", False, 3.0),
    # Money and shops
    _T("stripe-key", rb"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,247}", False, 3.0),
    _T("stripe-webhook-secret", rb"whsec_[A-Za-z0-9+/=]{32,60}", False, 3.5),
    _T("square-token", rb"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}"),
    _T("shopify-token", rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _T("paypal-braintree-token", rb"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    _T("razorpay-key", rb"rzp_live_[A-Za-z0-9]{14}"),
    _T("shippo-token", rb"shippo_(?:live|test)_[0-9a-f]{40}"),
    _T("easypost-key", rb"EZ[AT]K[A-Za-z0-9]{54}"),
    _T("flutterwave-key", rb"FLWSECK(?:_TEST)?-[0-9a-f]{32}-X"),
    # Models
    _T("anthropic-key", rb"sk-ant-(?:api|admin|oat|sid)\d\d-[A-Za-z0-9_-]{80,120}"),
    _T("openai-key", rb"sk-(?:[a-z]+-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}", True),
    _T("model-service-key", rb"sk-(?:or-v1-|proj-|svcacct-)?[A-Za-z0-9]{32,64}", False, 3.3, _mixed),
    _T("huggingface-token-unchecked", rb"hf_[A-Za-z0-9]{34,40}", False, 3.8, _mixed),
    _T("langsmith-key", rb"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    _T("nvidia-key", rb"nvapi-[A-Za-z0-9_-]{60,80}", False, 3.8, _mixed),
    _T("pinecone-key", rb"pcsk_[A-Za-z0-9_]{60,80}", False, 3.8, _mixed),
    _T("tavily-key", rb"tvly-(?:[a-z]+-)?[A-Za-z0-9]{32}", False, 3.5, _mixed),
    _T("cerebras-key", rb"csk-[a-z0-9]{48}", False, 3.5, _mixed),
    _T("huggingface-token", rb"(?:hf|api_org)_[A-Za-z]{34}", True, 3.5),
    _T("groq-key", rb"gsk_[A-Za-z0-9]{52}"),
    _T("xai-key", rb"xai-[A-Za-z0-9]{70,90}"),
    _T("replicate-token", rb"r8_[A-Za-z0-9]{37,40}", False, 3.5),
    _T("perplexity-key", rb"pplx-[A-Za-z0-9]{48}"),
    # Operations
    _T("grafana-token", rb"gl(?:sa|c)_[A-Za-z0-9+/]{32,400}(?:_[0-9a-f]{8}|={0,2})", False, 3.3, _mixed),
    _T("newrelic-key", rb"NR(?:AK|II|JS|RA)-[A-Za-z0-9_-]{19,32}", False, 3.0, _mixed),
    _T("sentry-token", rb"sntry[su]_[A-Za-z0-9+/=_]{60,300}"),
    _T("dynatrace-token", rb"dt0[a-zA-Z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _T("linear-key", rb"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}", False, 3.5),
    _T("notion-token", rb"ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43}", False, 3.8, _mixed),
    _T("airtable-token", rb"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _T("mapbox-token", rb"sk\.ey[A-Za-z0-9_-]{20,200}\.[A-Za-z0-9_-]{20,40}", False, 3.8, _mixed),
    _T("hubspot-token", rb"pat-(?:na|eu|ap)[12]-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    _T("launchdarkly-key", rb"(?:sdk|api|mob)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
    _T("plaid-token", rb"access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    _T("contentful-token", rb"CFPAT-[A-Za-z0-9_-]{43}", False, 3.8),
    _T("typeform-token", rb"tfp_[A-Za-z0-9_.=-]{59}", False, 3.8, _mixed),
    _T("readme-key", rb"rdme_[a-z0-9]{70}", False, 3.5, _mixed),
    _T("prefect-key", rb"pn[ub]_[A-Za-z0-9]{36}", False, 3.5, _mixed),
    _T("asana-token", rb"[12]/[0-9]{15,17}(?:/[0-9]{15,17})?:[0-9a-f]{32}"),
    _T("ghost-admin-key", rb"[0-9a-f]{24}:[0-9a-f]{64}", False, 3.3),
    _T("honeycomb-key", rb"hc[a-z]i[ck]_[a-z0-9]{58}", False, 3.5, _mixed),
    _T("1password-secret-key", rb"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}", False, 3.3, _mixed),
    _T("render-key", rb"rnd_[A-Za-z0-9]{32}", False, 3.8, _mixed),
    _T("zerotier-identity", rb"[0-9a-f]{10}:0:[0-9a-f]{128}:([0-9a-f]{128})"),
    _T("extended-private-key", rb"[xyz]prv[1-9A-HJ-NP-Za-km-z]{107,108}", False, 4.0),
    _T("minisign-secret-key", rb"RWRTY0Iy[A-Za-z0-9+/]{190,210}={0,2}", False, 3.8),
    _T("postman-key", rb"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _T("figma-token", rb"figd_[A-Za-z0-9_-]{38,44}"),
    _T("netlify-token", rb"nfp_[A-Za-z0-9]{36}"),
    _T("supabase-token", rb"sb(?:p|_secret)_[A-Za-z0-9_]{30,44}", False, 3.3, _mixed),
    _T("planetscale-token", rb"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{32,64}"),
    _T("dropbox-token", rb"sl\.(?:u\.)?[A-Za-z0-9_-]{130,1200}", False, 4.0, _mixed),
    _T("facebook-token", rb"EAA[MC][A-Za-z0-9]{60,300}", False, 4.0, _mixed),
    _T("twitch-token", rb"oauth:[a-z0-9]{30}", False, 3.5, _mixed),
    _T("okta-token", rb"SSWS[ =]+(00[A-Za-z0-9_-]{40})"),
    _T("jwt", rb"ey[A-Za-z0-9_-]{10,4000}\.ey[A-Za-z0-9_-]{6,8000}\.[A-Za-z0-9_-]{10,2000}", False, 3.0, _is_jwt),
)  # fmt: skip

_OPEN: Final = re.compile(rb"\{(\d+),\d+\}")


def proposal() -> bytes:
    """The RE2 expression that proposes places for all rules: their least lengths are enough to tell."""
    # An upper bound makes the automaton large and tells nothing here; the table tests it.
    return LEAD + rb"(?:" + rb"|".join(_widened(token.pattern) for token in TOKENS) + rb")"


def _widened(pattern: bytes) -> bytes:
    return _OPEN.sub(
        lambda found: b"{%d,}" % min(int(found[1]), 20), pattern.replace(b"(?:", b"(").replace(b"(", b"(?:")
    )


_EXACT: Final = tuple((token, re.compile(token.pattern)) for token in TOKENS)
_LEAD: Final = re.compile(rb"\\+[nrtbf]|%[0-9A-Fa-f]{2}|\\+u[0-9a-fA-F]{4}|_")
_INSIDE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def classify_token(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """The token that begins at a proposed place, if there is one."""
    starts = [start]
    if (lead := _LEAD.match(data, start)) is not None:
        starts.append(lead.end())
    for at in starts:
        for token, pattern in _EXACT:
            found = pattern.match(data, at)
            if found is None or (found.end() < len(data) and data[found.end()] in _INSIDE):
                continue
            group = 1 if pattern.groups else 0
            if (candidate := _judge(token, found[group], *found.span(group))) is not None:
                return candidate
    return None


def _judge(token: Token, value: bytes, start: int, end: int) -> Candidate | None:
    text = value.decode("ascii")
    body = text[4:] if len(text) > 20 else text
    if entropy(body) < token.least or is_placeholder(text) or (token.check is not None and not token.check(value)):
        return None
    if len(set(body[-12:])) < 5 and token.rule != "jwt":
        return None
    return Candidate(token.rule.removesuffix("-unchecked"), start, end, value, token.critical)
