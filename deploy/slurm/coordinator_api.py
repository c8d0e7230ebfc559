"""What weft-slurm asks the coordinator over HTTP."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

ANSWER_SECONDS_MAX = 30


class Unanswered(Exception):
    """Slurm or the coordinator gave no answer, or a bad one."""


class Coordinator:
    """At `url`, with a bearer `token`; empty: none is sent. No message has the token in it."""

    def __init__(self, url, token):
        self.url = url.rstrip("/")
        self.token = token
        # Whoever set up a proxy did not mean the coordinator.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def scaling(self):
        return self.ask("/api/v1/scaling")

    def workers(self):
        workers, cursor = [], ""
        while True:
            page = self.ask("/api/v1/workers?cursor=" + urllib.parse.quote(cursor))
            workers += page["workers"]
            cursor = page.get("next_cursor")
            if not cursor:
                return workers

    def ask(self, path):
        try:
            request = urllib.request.Request(self.url + path)
            if self.token:
                # Not sent to whom the answer might lead instead.
                request.add_unredirected_header("Authorization", "Bearer " + self.token)
            with self.opener.open(request, timeout=ANSWER_SECONDS_MAX) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                said = detail_of(error) + self.remedy(error.code)
            raise Unanswered(f"{self.url}{path}: {error.code}: {said}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unanswered(f"{self.url}{path}: {error}") from None

    def remedy(self, code):
        if code == 401 and not self.token:
            return "; name its file in token-file of [weft]"
        if code == 403 and not self.token:
            return "; look at api and token-file of [weft]"
        return "; look at token-file of [weft]" if code in (401, 403) else ""


def detail_of(answer):
    """Why the coordinator refuses, in its own words; or what the status means."""
    try:
        return str(json.load(answer)["detail"])
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        return str(answer.reason)
