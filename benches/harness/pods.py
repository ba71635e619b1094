"""Pods as the gateway makes them."""

MANAGED = "app.kubernetes.io/managed-by=mcp-gateway"
SESSION = "mcp-gateway.docker.com/session"


def name(number, session):
    return f"mcp-server-{number % 20}-{session}-{number}"


def pod(number, session):
    """One of twenty servers, in a session; no scheduler takes it."""
    server = f"server-{number % 20}"
    labels = {
        "app": "mcp-server", "server": server, "app.kubernetes.io/managed-by": "mcp-gateway",
        "app.kubernetes.io/component": "mcp-server", "app.kubernetes.io/name": server,
        "app.kubernetes.io/instance": session, SESSION: session,
    }
    container = {"name": "mcp", "image": f"mcp/{server}", "stdin": True,
                 "env": [{"name": f"VAR{n}", "value": "x" * 30} for n in range(8)]}
    spec = {"automountServiceAccountToken": False, "schedulerName": "none", "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5, "containers": [container]}
    return {"metadata": {"name": name(number, session), "labels": labels}, "spec": spec}
