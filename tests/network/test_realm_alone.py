"""One realm runs without the other: installed, served, its jobs run, and nothing of the other is there (issue 18)."""
import pytest
from flask import Flask

from app.jobs.schedule import jobs
from app.jobs.worker import run_job
from app.ops.checks import FAIL, examine
from cli.prepare import prepare_system
from tests.clients import Callers
from tests.components import unique_name
from tests.flow import settle

TRIED = {"marketplace": ("category", "/marketplace/categorymanagement-api/v1/categories", {"title": "Phones"}),
         "network": ("post", "/network/content-api/v1/posts", {"content": "hello"})}


@pytest.fixture(params=sorted(TRIED))
def alone(request, make_app, testbed):
    """The application of one realm on a database of its own, and the realm's name."""
    with testbed.fresh_database() as url:
        app = make_app(REALMS=request.param, DATABASE_URL=url or f"sqlite:///{testbed.home}/{unique_name('alone')}.db")
        with app.app_context():
            prepare_system()
            yield app, request.param
            testbed.close_connections()


def test_a_realm_alone_serves_writes_and_runs_its_jobs_without_anything_of_the_other(alone: tuple[Flask, str]) -> None:
    app, realm = alone
    data_name, path, body = TRIED[realm]
    admin = Callers(app).super_admin(realm=realm)
    made = admin.post(path, json=body)
    assert made.status_code == 201, made.json
    settle()
    assert admin.get(f"{path}/{made.json[data_name]['id']}").status_code == 200
    for name in sorted(jobs()):
        run_job(name)
    assert [found.check for found in examine() if found.state == FAIL] == ["worker"]  # a test has none
    other = next(one for one in TRIED if one != realm)
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith(f"/{other}/")] == []
    assert admin.get(TRIED[other][1]).status_code == 404
