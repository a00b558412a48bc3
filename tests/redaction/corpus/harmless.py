"""Texts that hold nothing to redact, and much that looks like it: numbers, names, ids, code, and talk of secrets."""

import base64
import json
import random
import string
import uuid
from collections.abc import Iterator

from tests.redaction.corpus import secrets

HEX, DIGITS = secrets.HEX, string.digits
run = secrets.run

# --- Talk: about secrets, tokens and numbers, in several languages ----------------------------------------------------

TALK = """
You can reset your password on the account page; a password must have at least 12 characters and one digit.
The API key is missing. Set api_key or the variable SERVICE_API_KEY, then try again.
What is the difference between a token and a session cookie? Tokens are usually sent in the Authorization header.
Never put a password into the prompt: it ends up in the logs.
The model stopped at max_tokens: 4096 because the answer was longer; total_tokens=5121, cached tokens: 2048.
The tokenizer adds a bos_token and an eos_token; pad_token: none. Time to first token: 0.31 s.
Authorization: required. Authentication: none. Cookie: optional.
The bearer of this letter is basic training material for beginners, and the basic understanding of it is required.
Her secret: she practises for three hours a day. The secret of good bread? Time, flour, water, salt.
Secret santa takes place on 2026-12-18 at 18:30 in room 4.12; the budget is 15.00 EUR.
The credentials provider could not be loaded: credentials: null. Token expired, please log in again.
Password: required. Passwort: mindestens 12 Zeichen, davon eine Ziffer. Das Passwort darf nicht leer sein.
Das Token ist abgelaufen. Bitte melden Sie sich erneut an. Der API-Schlüssel fehlt in der Konfiguration.
Le mot de passe doit contenir au moins 12 caractères. Le jeton a expiré ; reconnectez-vous.
La contraseña debe tener al menos 12 caracteres. El token ha caducado.
パスワードは12文字以上で設定してください。トークンの有効期限は3600秒です。
密码必须至少包含 12 个字符。令牌将在 3600 秒后过期。
I would compare the figures of 2024 and 2025 first: revenue 1,204,300 EUR against 1,087,950 EUR, a plus of 10.7 %.
Our opening hours are 09:00-12:30 and 13:30-18:00; on 24.12.2025 and 31.12.2025 we close at 12:00.
The flight LH 1234 leaves at 06:45 from gate B32, seat 14C, booking reference X7K9PQ.
In chapter 3.2.1 the authors report p = 0.0003, n = 1,204 and a mean of 12.4512 ± 0.0031 (95 % CI 12.43–12.47).
The pi constant is 3.14159265358979323846 and e is 2.71828182845904523536.
Call the function twice; call 3 of 10 failed after 1200 ms. Phone support is open from 9 to 17.
The number 6174 is Kaprekar's constant; 73939133 is a right-truncatable prime.
Version 2026.3.1 replaces 2025.12.4; it needs Python 3.11.7, numpy 2.3.1 and CUDA 12.8.90.
Between 1939 and 1945, 1914-1918 and 2019 2020 2021 2022 2023 the archive has gaps.
Invoice 2026-000471 of 2026-02-11 over 1.250,00 EUR was paid on 2026-02-25; the reminder 2026-000471-1 is void.
Please transfer the amount to IBAN DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX, reference 4711-0815.
The ISBN of the book is 978-3-16-148410-0, an older edition has 3-16-148410-X.
Your parcel 1Z999AA10123456784 and the letter RR123456785DE are on their way.
The GTIN is 4006381333931, the SKU is 40-1234-5678 and the batch is L2026-0301-07.
The server room is at 52.5200 N 13.4050 E (52.520008, 13.404954), altitude 34 m.
The host 192.168.100.200 answers on port 5432, the gateway is 10.0.0.1/24, IPv6 2001:db8:85a3::8a2e:370:7334.
The MAC address is 00:1A:2B:3C:4D:5E and the serial number C02XL0THJGH5.
The chemical CAS 7732-18-5 is water, and 64-17-5 is ethanol.
Order 4500123456 with item 000010 was confirmed; delivery 8000012345 follows in week 12/2026.
Ticket JIRA-12345, pull request #4711, commit 9fceb02, build 20260301.4, run 18273645546.
The account number ends in 4242 and the card was declined twice.
Population: 83,149,300 (2019), 83,155,031 (2020), 84,482,267 (2022).
Mix 250 g flour, 125 ml milk, 2 eggs and 1/2 tsp salt; bake 25-30 min at 180-200 °C.
Ludwig van Beethoven (1770-1827), op. 27 no. 2; Köchel 331; BWV 1007-1012.
We met at @pycon in 2025; follow @example_dev there. See also r/python and the #random channel.
The score was 6:3 6:7 7:5, then 21-19 21-17; the relay took 3:10.05.
The decorator @property and the annotation @Override do different things; so does @media print.
Use a+b@c notation for matrix products: x @ y.T @ z gives a 3x3 matrix.
The patient has blood pressure 120/80, pulse 72, glucose 5.4 mmol/l, height 178 cm, weight 74.5 kg.
The steps are: 1. plan 2. search 3. read 4. compare 5. write 6. check 7. send 8. file 9. rest 10. repeat
The sequence goes 0 1 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987 1597 2584 4181.
The task-based approach is risk-free; the disk-encryption and desk-sharing rules of 2026 stay.
sk-learn-style pipelines, sk-estimator-doc-link and hf_model_names are names, not keys.
""".strip().splitlines()

CODE = [
    "def login(user: str, password: str, token: str | None = None) -> Session:\n    return Session(user, password, token)\n",
    'password = getpass.getpass("Password: ")\ntoken = client.fetch_token(password=password)\n',
    'api_key = os.environ["OPENAI_API_KEY"]\nclient = OpenAI(api_key=api_key)\n',
    "client = OpenAI(api_key=settings.openai.api_key, max_retries=2)\n",
    "if not token or token == self.eos_token:\n    raise ValueError('token is missing')\n",
    "const token = await auth.getToken();\nheaders['Authorization'] = `Bearer ${token}`;\n",
    'headers = {"Authorization": f"Bearer {token}", "Cookie": cookie_header}\n',
    "password: ${DB_PASSWORD}\napi_key: ${{ secrets.API_KEY }}\ntoken: <your token>\nsecret: '***'\n",
    "password = None\nsecret = ''\ntoken = null\napi_key = undefined\n",
    "export API_KEY=<your-api-key>\nexport PASSWORD=changeme-please...\n",
    "@app.route('/login', methods=['POST'])\n@limiter.limit('5/minute')\ndef login(): ...\n",
    "from dataclasses import dataclass\n\n@dataclass(frozen=True)\nclass Token:\n    kind: str\n    text: str\n",
    "SELECT user_id, COUNT(*) FROM tokens WHERE token_type = 'access' AND created_at > '2026-03-01 00:00:00' GROUP BY 1;\n",
    "git clone git@github.com:example/project.git && cd project && git checkout 9fceb02d0ae598e95dc970b74767f19372d61af8\n",
    "npm install react@18.2.0 @types/node@20.11.5 left-pad@latest\n",
    "docker pull registry.example.com/app@sha256:" + "ab12" * 16 + "\n",
    "FROM python:3.11.7-slim@sha256:" + "0123456789abcdef" * 4 + "\n",
    "<img src='logo@2x.png' srcset='logo@3x.png 3x' alt='Logo'>\n",
    "#sk-container-id-1 {color: black;} #sk-container-id-1 div.sk-toggleable {background-color: white;}\n",
    ".card{margin:0 0 16px 32px;padding:12px 24px;color:#1a2b3c;transform:translate(-50%,-50%)}\n",
    "for i in range(1000000000, 2000000000, 123456789):\n    print(i, 0x7fffffff, 1_000_000_000, 1e-10)\n",
    "@@ -1204,15 +1204,17 @@ def parse(token):\n-    return token\n+    return token.strip()\n",
    "assert luhn('79927398713') is True\nassert luhn('79927398710') is False\n",
    "re.compile(r'\\d{3}-\\d{3}-\\d{4}')\nre.compile('[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+')\n",
    "curl -sS https://api.example.com/v1/orders?limit=20\\&offset=40 -H 'Accept: application/json' -o out.json\n",
    "ssh-keygen -t ed25519 -C laptop && cat ~/.ssh/id_ed25519.pub\n",
    "-----BEGIN CERTIFICATE-----\n"
    + "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n" * 3
    + "-----END CERTIFICATE-----\n",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n-----END PUBLIC KEY-----\n",
    "class Cookie:\n    secure: bool = True\n    max_age: int = 3600\n    same_site: str = 'Strict'\n",
    "token_count = len(tokens)\nfirst_token = tokens[0]\nnext_token: str = tokens[1]\nper_token: float = 0.25\n",
    "kubectl get secret app-secret -n prod -o yaml  # secret: app-secret\n",
    "try:\n    check(password)\nexcept InvalidPassword as error:\n    log.warning('password: %s', type(error).__name__)\n",
]


def schema() -> str:
    """The definition of a tool that takes a password."""
    fields = {
        "user": "The user's name",
        "password": "The password",
        "token": "A token",
        "api_key": "Key of the service",
    }
    properties = {name: {"type": "string", "description": doc} for name, doc in fields.items()}
    return json.dumps([{"name": "login", "parameters": {"type": "object", "properties": properties}}])


def made(rng: random.Random) -> Iterator[str]:
    """Texts with ids, hashes, measurements and the like, of random values."""
    number = lambda length: str(rng.randint(1, 9)) + run(rng, DIGITS, length - 1)
    for _ in range(25):
        yield json.dumps(
            {"trace_id": run(rng, HEX, 32), "span_id": run(rng, HEX, 16), "duration_ms": rng.random() * 1e4}
        )
        yield f"request {uuid.UUID(int=rng.getrandbits(128), version=4)} took {rng.randint(1, 9999)} ms"
        yield f"commit {run(rng, HEX, 40)} (tag: v{rng.randint(0, 20)}.{rng.randint(0, 99)}.{rng.randint(0, 99)})"
        yield f"sha256:{run(rng, HEX, 64)}  dist/package-{rng.randint(1, 9)}.{rng.randint(0, 20)}.0-py3-none-any.whl"
        yield f"[{rng.randint(10**9, 2 * 10**9)}.{run(rng, DIGITS, 6)}] ts={number(13)} start_ns={number(19)} n={number(6)}"
        yield f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:07,{run(rng, DIGITS, 3)} INFO worker-{rng.randint(1, 32)} done {rng.randint(1, 10**6)}/{10**6}"
        yield f"{rng.randint(1, 28):02}.{rng.randint(1, 12):02}.2026 {rng.randint(10, 23)}:30, Rechnung {number(10)}, {rng.randint(1, 99)}.{run(rng, DIGITS, 3)},{run(rng, DIGITS, 2)} EUR"
        yield f"Order {number(10)}, customer {number(8)}, tracking {number(12)}, EAN {number(13)}."
        yield f"Reference {number(16)} of order {number(3)}-{number(7)}-{number(7)}"
        yield f"Card-like but wrong: {secrets.card(rng, valid=False)}."
        yield f"IBAN DE{number(2)} {number(4)} {number(4)} {number(4)} {number(4)} {number(2)}"
        yield json.dumps(
            {
                "usage": {
                    "input_tokens": rng.randint(1, 10**5),
                    "output_tokens": rng.randint(1, 10**4),
                    "total_tokens": 7,
                },
                "max_tokens": 4096,
                "token_count": 12,
                "next_page_token": run(rng, secrets.URL_SAFE, 24),
                "eos_token": "</s>",
            }
        )
        yield json.dumps({"embedding": [round(rng.uniform(-1, 1), rng.choice([4, 8, 16])) for _ in range(24)]})
        yield json.dumps({"rows": [[rng.randint(0, 10 ** rng.randint(1, 9)) for _ in range(6)] for _ in range(4)]})
        yield f"| {number(4)} | {number(4)} | {number(4)} | {number(3)} |\n| {number(7)} | {number(2)} | {number(5)} | {number(4)} |"
        yield f"x = {rng.uniform(-1e6, 1e6)!r}; y = {rng.uniform(0, 1)!r}; z = {number(4)} {number(3)} {number(3)}"
        yield f"GET /v1/items/{number(7)}?page={rng.randint(1, 50)}&cursor={run(rng, secrets.ALNUM, 16)} 200 {number(4)} {rng.random():.6f}"
        yield f"lat {rng.uniform(-90, 90):.6f}, lon {rng.uniform(-180, 180):.6f}; bbox {rng.uniform(0, 90):.4f},{rng.uniform(0, 90):.4f},{rng.uniform(0, 90):.4f}"
        yield f"arn:aws:iam::{number(12)}:role/app-{run(rng, HEX, 8)} in eu-central-1, bucket s3://data-{number(6)}/2026/03/01/"
        yield f"data:image/png;base64,{base64.b64encode(rng.randbytes(600)).decode()}"
        yield f"chatcmpl-{run(rng, secrets.ALNUM, 29)} call_{run(rng, secrets.ALNUM, 24)} msg_{run(rng, secrets.ALNUM, 24)} toolu_{run(rng, secrets.ALNUM, 24)} run-{run(rng, HEX, 12)}"
        yield f"gpt-4o-2024-08-06 claude-sonnet-4-20250514 gemini-2.5-pro-preview-06-05 o4-mini-2025-04-16 fp_{run(rng, HEX, 10)}"
        yield f"/home/user/.cache/models--org--name/snapshots/{run(rng, HEX, 40)}/model-{rng.randint(1, 9):05}-of-00009.safetensors"
        yield f"0x{run(rng, HEX, 40)} paid {rng.random():.18f} in block {number(8)}"
        yield " ".join(run(rng, HEX, 2) for _ in range(32))
        yield f'etag: W/"{run(rng, HEX, 32)}"\ncontent-length: {number(6)}\nx-request-id: {uuid.UUID(int=rng.getrandbits(128))}\ndate: Sun, 01 Mar 2026 10:21:44 GMT'


def texts(seed: int) -> list[str]:
    """All of them."""
    return [*TALK, *CODE, schema(), *made(random.Random(seed))]
