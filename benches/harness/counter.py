"""A proxy on a loopback port that passes requests on to the API server and remembers them.

It is how requests are counted without believing what a program says of itself.
"""
import contextlib
import http.server
import threading

CONNECTION = {"connection", "transfer-encoding", "keep-alive"}


@contextlib.contextmanager
def counting(cluster, folder):
    """Gives a kubeconfig that leads through the proxy, and the list that its requests are added to, as `GET /path`."""
    seen = []

    class Passing(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(f"{self.command} {self.path.partition('?')[0]}")
            headers = {key: value for key, value in self.headers.items() if key.lower() not in CONNECTION | {"host"}}
            headers["Authorization"] = "Bearer " + cluster.token
            connection = cluster.connection()
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            self.send_response(answer.status)
            for key, value in answer.getheaders():
                if key.lower() not in CONNECTION | {"content-length"}:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = pass_on

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = folder / "counted.kubeconfig"
    address = f"http://127.0.0.1:{server.server_port}"
    path.write_text(
        "{apiVersion: v1, kind: Config, current-context: c, "
        f'clusters: [{{name: c, cluster: {{server: "{address}"}}}}], '
        "users: [{name: c, user: {}}], contexts: [{name: c, context: {cluster: c, user: c}}]}"
    )
    try:
        yield path, seen
    finally:
        server.shutdown()
