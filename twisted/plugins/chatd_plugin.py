"""Makes `twistd chatd` known."""

from twisted.application.service import ServiceMaker

chatd = ServiceMaker("chatd", "chatd.daemon.service", "A chat daemon that people reach with telnet or nc", "chatd")
