"""The same service for `twistd -ny chatd.tac`, with the default settings."""

import sys
from pathlib import Path

from twisted.application.service import Application

sys.path.insert(0, str(Path(__file__).parent))

from chatd.daemon.service import Options, makeService

application = Application("chatd")
makeService(Options()).setServiceParent(application)
