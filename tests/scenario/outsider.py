"""A small issuer of nobody's: discovery and a token endpoint that gives anybody a good ES256 token with the right audience."""

import http.server
import json
import threading
import time

import wire


class Issuer:
    def __init__(self, audience):
        self.key, self.audience = wire.new_key(), audience
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.give({"issuer": issuer.url, "token_endpoint": issuer.endpoint, "jwks_uri": issuer.url + "/jwks"})

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                proof = self.headers["DPoP"].split(".")[0]
                self.give({"access_token": issuer.token(json.loads(wire.unb64u(proof))["jwk"]), "token_type": "DPoP",
                           "expires_in": issuer.expires_in})

            def give(self, members):
                body = wire.compact(members)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.endpoint, self.expires_in = self.url + "/token", 300

    def token(self, jwk):
        now = int(time.time())
        text = '{"crv":"%s","kty":"%s","x":"%s","y":"%s"}' % (jwk["crv"], jwk["kty"], jwk["x"], jwk["y"])
        jkt = wire.b64u(wire.hashlib.sha256(text.encode("ascii")).digest())
        return wire.jws({"typ": "JWT", "kid": "mallory-1"}, {
            "iss": self.url, "aud": self.audience, "sub": "mallory", "azp": "mallory", "client_id": "mallory", "iat": now,
            "exp": now + 300, "jti": str(now), "projects": ["quantum"], "nationality": ["AUS"], "cnf": {"jkt": jkt}}, self.key)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *arguments):
        self.server.shutdown()
        self.server.server_close()
