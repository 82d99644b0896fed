"""The driver's side of the conformance conversations: `conversations.py LIBRARY`."""

import json
import sys

from cancel import cancel
from session import Session

for line in sys.stdin:
    scenario = json.loads(line)
    tokens = {"first_use": scenario["token"], "rejected": scenario["fresh_token"]}
    members = {name: scenario[name] for name in ("endpoint", "request", "policy")}
    session = Session(sys.argv[1])
    print(json.dumps(cancel(session, tokens.get, **members)), flush=True)
    session.close()
