"""Pages that must work when nothing else does: the login, and what is shown instead of a page that failed.

They need no template and no data, and hold no word that a caller could have put there unescaped.
"""

from __future__ import annotations

from html import escape
from string import Template

from oculus.web.errors import HttpError

STYLESHEET = "/static/oculus.css"
FRAME = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title · Oculus</title>
<link rel="stylesheet" href="$stylesheet">
</head>
<body class="plain">
<main class="plain-card">
<h1>$title</h1>
$body
</main>
</body>
</html>
""")
LOGIN = Template("""<form method="post" action="/login">
<input type="hidden" name="next" value="$next">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Open</button>
</form>
<p>$note</p>""")
HOW = "<code>oculus token</code> shows it. <code>oculus open</code> comes here without asking."


def error_page(error: HttpError) -> str:
    """The same words a program gets."""
    body = f'<p>{escape(error.hint)}</p>\n<p><a href="/">Back to the dashboard</a></p>'
    return frame(error.what, body)


def login_page(back: str, mistake: str = "") -> str:
    """Asks for the token, then goes on to `back`."""
    note = f'<strong role="alert">{escape(mistake)}</strong> {HOW}' if mistake else HOW
    return frame("Oculus asks for its token", LOGIN.substitute(next=escape(back), note=note))


def frame(title: str, body: str) -> str:
    return FRAME.substitute(title=escape(title), stylesheet=STYLESHEET, body=body)
