"""How gunicorn serves `wsgi:app`: two processes that share the loaded application, two threads each.

More threads only queue behind SQLite and the interpreter lock (docs/scaling.md). Change it by GUNICORN_CMD_ARGS."""
import gc
import shutil
from typing import Any

from gunicorn.glogging import Logger

from app.data.entity import db
from app.data.resting_connections import RestingConnections
from app.home import claim_home
from app.ops.heartbeats import WEB, start_heartbeat
from app.ops.logs import JsonFormatter
from app.ops.metrics_folder import name_metrics_folder
from app.settings import SettingsError, load_settings
from blueprints.organization import organization_of

try:
    _settings = load_settings()
    claim_home(_settings)
except SettingsError as error:
    raise SystemExit(f"Error: {error}") from error


class QuietLogger(Logger):
    """gunicorn's logger without its access log, which a logconfig turns on; app/ops/request_log.py has ours."""

    def access(self, *_: Any) -> None:
        """Say nothing."""


# The folder starts empty, for this run's workers.
_metrics = name_metrics_folder(_settings)
for _file in _metrics.glob("*.db"):
    _file.unlink(missing_ok=True)

bind = f"127.0.0.1:{_settings.port}"
workers = 2
worker_class = "app.ops.web.Worker"
asgi_loop = "uvloop"  # asyncio's own takes a tenth more CPU for a get (bench/README.md)
threads = 2
worker_connections = 1000  # of each worker, open at the same time, beside event streams; none that waits costs a thread
keepalive = 5
limit_request_line = 8190  # a token in the query and a filter of a hundred ids
graceful_timeout = 5
timeout = 60
preload_app = True
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file must not touch a disk
control_socket_disable = True
accesslog = None
logger_class = QuietLogger
logconfig_dict = {
    "version": 1, "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter, "process": "web"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": _settings.log_level},
    "loggers": {"gunicorn.error": {"level": "INFO", "propagate": True}, "alembic": {"level": "WARNING"}},
}


def when_ready(_server: Any) -> None:
    """Keep what is loaded out of the collector's reach, so that the workers share it."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Leave the master's database connections to the master; trust no cache from before; say that we are alive."""
    application = server.app.wsgi()
    with application.app_context():
        db.engine.dispose(close=False)
        application.extensions["guildhall"].cache_versions.invalidate_all()
        application.extensions["guildhall"].data.resting = RestingConnections()
        organization_of(application).courier.start()  # takes over what a dead process left, before anybody asks
    worker.end_heartbeat = start_heartbeat(application.extensions["guildhall"].redis, WEB)


def worker_exit(_server: Any, worker: Any) -> None:
    """Say that this worker has ended."""
    worker.end_heartbeat()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the live metrics of a worker that ended."""
    from app.ops.metrics import forget_process

    forget_process(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave nothing behind in memory."""
    shutil.rmtree(_metrics, ignore_errors=True)
