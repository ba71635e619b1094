"""The cluster that a kubeconfig names, asked directly, and namespaces in it that go when the figures are done."""
import contextlib
import http.client
import json
import os
import re
import ssl
import sys
import threading
import time
import urllib.parse
from pathlib import Path

from .pods import MANAGED, SESSION, pod

# connections that fill a namespace
FILLING = 16
# how long a namespace may take to go, in seconds
GOING = 600


class Cluster:
    """An API server, with an administrator's token."""

    def __init__(self, kubeconfig):
        text = Path(kubeconfig).read_text()

        def find(key):
            return re.search(key + r":\s*['\"]?([^\s'\",}]+)", text).group(1)

        self.url = urllib.parse.urlparse(find("server"))
        self.authority = find("certificate-authority")
        self.token = find("token")
        self.context = ssl.create_default_context(cafile=self.authority)
        self.headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        self.lasting = contextlib.ExitStack()
        self.filled = {}

    def connection(self):
        return http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context, timeout=60)

    def ask(self, method, path, body=None, connection=None):
        """The status and the text of an answer."""
        connection = connection or self.connection()
        connection.request(method, path, json.dumps(body) if body else None, self.headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def at(self, path):
        """The address of a path."""
        return f"{self.url.scheme}://{self.url.netloc}{path}"

    def curl(self, *words):
        """curl as the administrator."""
        return ["curl", "-sS", "--fail", "--cacert", self.authority, "-H", "Authorization: Bearer " + self.token, *words]

    def pods_path(self, namespace, selector=MANAGED):
        return f"/api/v1/namespaces/{namespace}/pods?" + urllib.parse.urlencode({"labelSelector": selector})

    def left(self, namespace):
        """How many of the gateway's pods there nobody has deleted."""
        items = json.loads(self.ask("GET", self.pods_path(namespace))[1])["items"]
        return sum("deletionTimestamp" not in item["metadata"] for item in items)

    @contextlib.contextmanager
    def namespace(self, name):
        """A namespace of this run's own; it is gone before the next figure, so that its end slows nothing down."""
        name = f"bench-{name}-{os.getpid()}"
        path = f"/api/v1/namespaces/{name}"
        self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        try:
            while self.ask("GET", f"{path}/serviceaccounts/default")[0] != 200:
                time.sleep(0.1)
            yield name
        finally:
            self.ask("DELETE", path)
            last = time.monotonic() + GOING
            while self.ask("GET", path)[0] != 404:
                if time.monotonic() > last:
                    print(f"namespace {name} is still going after {GOING} s", file=sys.stderr)
                    break
                time.sleep(0.5)

    def fill(self, namespace, count, session="", begin=0):
        """Makes pods as the gateway makes them; nothing runs them. One session, or fifty where none is named."""
        path = f"/api/v1/namespaces/{namespace}/pods"
        lock, numbers, wrong = threading.Lock(), iter(range(begin, begin + count)), []

        def work():
            connection = self.connection()
            while not wrong:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                try:
                    status, text = self.ask("POST", path, pod(number, session or f"mcp-gateway-{number % 50:08x}"), connection)
                except OSError as error:
                    status, text = 599, str(error)
                if status >= 300:
                    wrong.append(text)

        threads = [threading.Thread(target=work) for _ in range(FILLING)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            sys.exit(f"pods could not be made: {wrong[0][:300]}")

    def population(self, count):
        """A namespace with so many pods, ten of them made half a minute before the others; figures share it.

        Gives its name and a point in time between the ten and the others.
        """
        if count not in self.filled:
            namespace = self.lasting.enter_context(self.namespace(f"list-{count}"))
            old = min(10, count)
            self.fill(namespace, old)
            time.sleep(15 if count > old else 0)
            between = time.time()
            time.sleep(15 if count > old else 0)
            self.fill(namespace, count - old, begin=old)
            self.filled[count] = namespace, between
        return self.filled[count]

    def leave(self):
        """Removes what figures shared."""
        self.filled.clear()
        self.lasting.close()

    def session_path(self, namespace, session):
        return self.pods_path(namespace, f"{SESSION}={session}")
