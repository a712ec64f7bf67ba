"""A real OpenID Connect provider on loopback: discovery, authorisation code, signed tokens, keys."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "tracker", "a secret of the client"


class Provider(ThreadingHTTPServer):
    """Signs in whoever `claims` says, without asking."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = RSAKey.generate_key(2048, parameters={"kid": "1", "use": "sig", "alg": "RS256"})
        self.claims = {"sub": "1", "email": "ada@reviewers.example", "email_verified": True}
        self.codes: dict[str, dict[str, str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        issuer = self.server.issuer
        if asked.path == "/.well-known/openid-configuration":
            self.say({
                "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
            })  # fmt: skip
        elif asked.path == "/keys":
            self.say({"keys": [self.server.key.as_dict(private=False)]})
        elif asked.path == "/authorize":
            given = {name: values[0] for name, values in parse_qs(asked.query).items()}
            code = secrets.token_urlsafe()
            self.server.codes[code] = given
            back = urlencode({"code": code, "state": given["state"]})
            self.send_response(302)
            self.send_header("Location", f"{given['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = self.server.codes.pop(form["code"][0])
        now = int(time.time())
        claims = {
            **self.server.claims,
            "iss": self.server.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
        }
        if "nonce" in given:
            claims["nonce"] = given["nonce"]
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.server.key)
        self.say(
            {"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token}
        )

    def say(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def provider() -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
