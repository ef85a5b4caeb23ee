"""The two edge functions that the documents give to networking and messaging alike (rules-network §0.1, §5A)."""
from typing import Any

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.errors import ApiError
from app.http.declaration import Routes
from app.identity.access import Predicate, logged_in, public

SAMPLE_POLICIES: dict[str, Predicate] = {
    "helloWorld": public, "helloWorldByPost": public, "sendMail": logged_in, "sendMailByPost": logged_in}


def sample_functions(service: str) -> Routes:
    """Return the routes of both for one service; the documents name no method, so GET and POST answer alike."""
    routes = Routes(SAMPLE_POLICIES)

    def hello_world(actor: Actor) -> dict[str, Any]:
        """Say hello."""
        return {"status": 200, "message": f"Hello from the {service} edge function!", "date": iso(now())}

    def send_mail(actor: Actor) -> dict[str, Any]:
        """Say that notification sends the mails; the documents have it fail."""
        raise ApiError("Not Implemented: Use notification microservice for emails.", "NotImplemented")

    for ending, method in (("", "GET"), ("ByPost", "POST")):
        routes.system("/helloworld", name=f"helloWorld{ending}", method=method)(hello_world)
        routes.system("/sendmail", name=f"sendMail{ending}", method=method)(send_mail)
    return routes
