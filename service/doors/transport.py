"""What is refused before a request reaches its route: the ways of HTTP itself."""

from service.core.errors import Malformed, Refusal, TooLarge


class WrongHost(Malformed):
    code = "wrong_host"
    message = "This service is not known by that host name. See the setting EXHIBIT_HOSTS."


class BadPath(Malformed):
    code = "malformed_path"
    message = "The path is not made of readable characters."


class NoWebSocket(Malformed):
    code = "no_websocket"
    message = "There are no web sockets here."


class BodyTooLarge(TooLarge):
    message = "What you sent is larger than {limit} bytes, the limit here."


class MethodNotAllowed(Refusal):
    """What is there takes other methods (405); `Allow` says which."""

    code = "method_not_allowed"
    message = "This cannot be done here."


class TooSlow(Refusal):
    """The request did not arrive in time (408)."""

    code = "too_slow"
    message = "The request did not arrive within {seconds:g} seconds."


class UrlTooLong(Refusal):
    """Path and query together are too long (414)."""

    code = "url_too_long"
    message = "The address is longer than {limit} bytes."


class RangeNotSatisfiable(Refusal):
    """The range that was asked for begins behind the end (416)."""

    code = "range_not_satisfiable"
    message = "The file has no such bytes."


class ExpectationFailed(Refusal):
    """Only `Expect: 100-continue` is known (417)."""

    code = "expectation_failed"
    message = "The only expectation known here is 100-continue."


class HeadersTooLarge(Refusal):
    """Too many or too long headers (431)."""

    code = "headers_too_large"
    message = "The headers are more than {count} or longer than {limit} bytes."


class Broken(Refusal):
    """Our fault (500)."""

    code = "internal_error"
    message = "Something went wrong here. It was written to the log under this request's id."
