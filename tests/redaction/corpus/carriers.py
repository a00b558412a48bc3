"""What secrets stand in: prose in several languages, code, logs, configuration and JSON."""

import json
import random
from collections.abc import Callable

Carry = Callable[[str], str]


def _escaped(text: str) -> str:
    """The text inside a JSON text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


# Around a value that tells by itself what it is.
VALUES: tuple[Carry, ...] = (
    lambda s: s,
    lambda s: f"Sure! Use {s} for the staging environment and let me know if it still fails.",
    lambda s: f"I tried it with {s}, but the answer was 401. What am I doing wrong?",
    lambda s: f"Bitte verwende {s} – das ist der Zugang für die Testumgebung (gültig bis März).",
    lambda s: f"Voilà ce qu’on m’a donné : {s}. Ça marche chez toi ?",
    lambda s: f"Mis datos son estos: {s}; avísame cuando los hayas probado.",
    lambda s: f"これを使ってください:{s} 。よろしくお願いします。",
    lambda s: f"请用这个：{s} 谢谢！",
    lambda s: (
        f"Notes from the call\n\n- budget: 12,500 EUR\n- contact: {s}\n- next step: send the offer by 2026-03-01\n"
    ),
    lambda s: f"| field | value |\n| --- | --- |\n| id | 4711 |\n| value | {s} |\n",
    lambda s: f"2026-03-01 10:21:44,512 ERROR app.worker [{s}] request failed after 3 attempts (0.52 s)",
    lambda s: f'2026-03-01T10:21:44Z level=warn msg="rejected" value="{s}" attempt=2 status=403',
    lambda s: f'client = Client("{s}", timeout=30)  # from the dashboard\nclient.connect()',
    lambda s: f"const client = new Client('{s}');\nawait client.connect();",
    lambda s: f"<p>Contact: <b>{s}</b></p>",
    lambda s: f"name,value,created\nmain,{s},2026-03-01\nother,none,2026-03-02\n",
    lambda s: json.dumps({"query": "orders", "value": s, "limit": 20}),
    lambda s: json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"My notes:\n{s}\nThanks!"}]}]),
    lambda s: json.dumps({"name": "send", "arguments": json.dumps({"to": s, "body": "Hello"})}),
    lambda s: f"Tool result: {{'status': 'ok', 'value': '{s}', 'rows': 120}}",
    lambda s: (
        f'Traceback (most recent call last):\n  File "/srv/app/main.py", line 12, in <module>\nValueError: bad value: {s}'
    ),
    # JSON that is cut off, so that it is none.
    lambda s: f'[{{"role": "user", "parts": [{{"type": "text", "content": "Hello\\n{_escaped(s)}\\nand then',
)

# Around a value that only its name tells.
NAMED: tuple[tuple[str, Carry], ...] = (
    ("password", lambda s: json.dumps({"user": "ada", "password": s})),
    ("password", lambda s: json.dumps({"arguments": json.dumps({"host": "db", "password": s, "port": 5432})})),
    ("password", lambda s: f"DB_HOST=db.internal\nDB_PASSWORD={s}\nDB_PORT=5432\n"),
    ("password", lambda s: f'db = connect(host="db", user="ada", password="{s}", port=5432)'),
    ("password", lambda s: f"{{'user': 'ada', 'password': '{s}'}}"),
    ("password", lambda s: f"database:\n  user: ada\n  password: {s}\n  pool: 5\n"),
    ("password", lambda s: f"Hi, the login is ada and the password: {s} - please change it soon."),
    ("password", lambda s: f"Your new password is {s}. It is valid for 24 hours."),
    ("password", lambda s: f"mysql --user=ada --password={s} --host=db orders"),
    ("api key", lambda s: json.dumps({"api_key": s, "model": "gpt-4o", "max_tokens": 256})),
    ("api key", lambda s: json.dumps({"headers": {"X-API-Key": s, "Accept": "*/*"}})),
    ("api key", lambda s: f"GET /v1/search?q=orders&api_key={s}&limit=20 HTTP/1.1"),
    ("api key", lambda s: f'export SERVICE_API_KEY="{s}"\nexport REGION=eu-west-1\n'),
    ("api key", lambda s: f"service = Service(apiKey='{s}')"),
    ("api key", lambda s: f"aws_access_key_id = x\naws_secret_access_key = {s}\nregion = eu-west-1\n"),
    ("token", lambda s: json.dumps({"access_token": s, "token_type": "bearer", "expires_in": 3600})),
    ("token", lambda s: f"https://api.example.com/callback?state=12&access_token={s}&scope=read"),
    ("token", lambda s: json.dumps({"clientSecret": s, "clientId": "web", "scopes": ["read"]})),
    ("token", lambda s: f'token: "{s}"\nexpires: 3600\n'),
    ("authorization", lambda s: f"curl -H 'Authorization: Bearer {s}' https://api.example.com/v1/orders"),
    (
        "authorization",
        lambda s: f"POST /v1/orders HTTP/1.1\nHost: api.example.com\nAuthorization: Basic {s}\nAccept: */*\n",
    ),
    ("authorization", lambda s: json.dumps({"headers": {"authorization": f"Bearer {s}", "accept": "*/*"}})),
    ("authorization", lambda s: f"headers = {{'Authorization': 'token {s}'}}"),
    ("cookie", lambda s: f"GET / HTTP/1.1\nCookie: theme=dark; sid={s}\nAccept: */*\n"),
    ("cookie", lambda s: json.dumps({"set-cookie": [f"sid={s}; Path=/; HttpOnly"], "status": 200})),
    ("password in a URL", lambda s: f"postgresql://ada:{s}@db.internal:5432/orders"),
    ("password in a URL", lambda s: f"Cannot connect to redis://:{s}@10.0.0.7:6379/0: timeout"),
    (
        "password in a URL",
        lambda s: json.dumps({"DATABASE_URL": f"mysql+pymysql://root:{s}@localhost/app?charset=utf8"}),
    ),
)


def some(rng: random.Random, count: int) -> list[Carry]:
    """So many different carriers, as many as there are at most."""
    return rng.sample(VALUES, min(count, len(VALUES)))
