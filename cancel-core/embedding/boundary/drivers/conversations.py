"""The driver's side of the conformance conversations: `conversations.py LIBRARY`."""

import json
import sys

from cancel import Session

for line in sys.stdin:
    scenario = json.loads(line)
    tokens = {"first_use": scenario["token"], "rejected": scenario["fresh_token"]}
    members = {name: scenario[name] for name in ("endpoint", "request", "policy")}
    print(json.dumps(Session(sys.argv[1]).cancel(tokens.get, **members)), flush=True)
