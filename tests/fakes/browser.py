"""A real Chromium, with the patience that a busy machine needs."""

PATIENCE_MS = 60_000  # for a test that fails; a busy machine takes ten times as long as an idle one

# htmx calls it an error when a newer question takes the place of one under way, or the page is left, and
# Chromium when it is left before its socket is open; a failure of the network or of the server has names of
# its own.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
LEFT = "WebSocket is closed before the connection is established"


def note_complaints(page):
    """`page.complaints`: errors of the page and of its console, with the address that they speak of."""
    page.complaints = []

    def heard(said):
        if said.type == "error" and not said.text.startswith(REPLACED) and LEFT not in said.text:
            page.complaints.append(f"{said.text} {said.location.get('url', '')}")

    page.on("console", heard)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))


def new_page(context):
    """A page that keeps its complaints, and the addresses that it asked in `page.asked`."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    note_complaints(page)
    page.asked = []
    page.on("request", lambda asked: page.asked.append(asked.url))
    return page


def follow(page, link):
    """Click it, and wait until what is behind it can be used: the scripts of a page begin last."""
    with page.expect_navigation():
        link.click()


def choose(page, label, value):
    """Take an option that leads to another page, and wait until that can be used."""
    with page.expect_navigation():
        page.get_by_label(label).select_option(value)


class Browser:
    """Chromium, with a session of its own for every page that is opened."""

    def __init__(self, chromium):
        self._chromium, self._contexts = chromium, []

    def sign_in(self, server, width=1440, height=900, **options):
        """A session. No page is loaded for it: one that is left at once may complain."""
        context = self._chromium.new_context(viewport={"width": width, "height": height}, **options)
        self._contexts.append(context)
        context.request.get(server.one_time_link(), max_redirects=0, timeout=PATIENCE_MS)
        return context

    def open(self, server, path, **options):
        page = new_page(self.sign_in(server, **options))
        page.goto(server.url + path)
        return page

    def close(self):
        while self._contexts:
            self._contexts.pop().close()
