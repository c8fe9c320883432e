"""`oculus token`: show or renew the secret that opens the pages and the API."""

from __future__ import annotations

import argparse

from oculus.cli.place import place
from oculus.cli.settings import read_settings
from oculus.core.errors import ConfigError
from oculus.web.access.token import load_token, rotate_token


def run(args: argparse.Namespace) -> int:
    where = place(args)
    server = read_settings(args, where).server if where.config.exists() else None
    if args.rotate and server and server.token:
        raise ConfigError(["the token is set in server.token or OCULUS_TOKEN; change it there"])
    token = rotate_token(where.data) if args.rotate else load_token(where.data, server)
    print(token.reveal())
    return 0
