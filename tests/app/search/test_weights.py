"""The operator's weights of fields: refused by a sentence, named by the doctor, and taken up beside what is served."""
from typing import Any

import pytest
from flask import Flask

from app.ops.checks import examine
from app.search import SearchQuery
from app.search.catalogue import declared_indexes, rebuild_index, search_index
from app.search.weights import read_weights
from app.settings import SettingsError
from blueprints.network.job_application.models import JobPosting
from tests.platform.bff.rows import keep


@pytest.mark.parametrize("text", ["title=6", "jobs.title", "jobs.title=", "jobs.title=heavy", "jobs.title=0", "jobs.=6",
                                  ".title=6", "jobs.title=-1", "jobs.title=101", "jobs.title=nan", "a.b=6;x.y=1"])
def test_what_is_no_weight_is_refused_by_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no weight: expected index\.field=weight"):
        read_weights(text)


def test_a_start_with_a_wrong_weight_is_refused_by_its_setting(make_app: Any) -> None:
    with pytest.raises(SettingsError, match="SEARCH_WEIGHTS"):
        make_app(SEARCH_WEIGHTS="jobs.title=heavy")


def test_several_weights_have_commas_between_them() -> None:
    assert read_weights(" jobs.title=6, people.headline = 2.5,") == {("jobs", "title"): 6, ("people", "headline"): 2.5}
    assert read_weights("") == {}


@pytest.mark.once("an index is the same on both databases")
def test_a_weight_orders_what_is_found_once_the_index_is_written_anew(app: Flask, make_app: Any) -> None:
    titled, described = keep(JobPosting, {"title": "Navigator", "description": "Work."},
                             {"title": "Work", "description": "Navigator."})
    rebuild_index("jobs")
    assert search_index("jobs").ids(SearchQuery("navigator ")) == [titled, described]
    heavier = make_app(SEARCH_WEIGHTS="jobs.description=50, jobs.tite=3, jobs.createdAt=2")
    with heavier.app_context():
        assert search_index("jobs").status().state == "outdated"
        assert search_index("jobs").ids(SearchQuery("navigator ")) == [titled, described]
        [finding] = examine(["search weights"])
        assert finding.says.endswith("jobs.tite, jobs.createdAt (docs/search.md)")
        rebuild_index("jobs")
        assert search_index("jobs").status().state == "ready"
        assert search_index("jobs").ids(SearchQuery("navigator ")) == [described, titled]
    rebuild_index("jobs")
    assert declared_indexes()["jobs"].schema.by_name["description"].boost == 1
