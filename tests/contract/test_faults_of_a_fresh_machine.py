"""What was wrong when the documents were followed on a fresh machine (issue 19, section 1): each fault, with the tests
that are named after it and fail when it comes back."""
import re

import pytest

from tests.components import ROOT

SHOWN_BY = {
    "doctor without the environment file makes and judges a demo database": (
        "cli/test_homes.py::test_doctor_without_the_environment_file_makes_and_judges_no_demo_database",
        "cli/test_homes.py::test_no_command_but_those_that_prepare_makes_a_home",
        "cli/test_completion.py::test_a_tab_makes_no_instance_folder"),
    "as root it leaves files that the service cannot write, and doctor says ok": (
        "cli/test_homes.py::test_root_is_refused_a_home_that_is_the_services",
        "cli/test_homes.py::test_doctor_finds_what_root_left_for_a_service_that_cannot_write_it",
        "cli/test_homes.py::test_doctor_warns_of_what_others_may_read",
        "cli/test_wrapper.py::test_root_becomes_the_services_user_and_hands_on_what_it_was_given",
        "cli/test_wrapper.py::test_the_environment_is_that_of_the_units_and_not_the_callers"),
    "tracebacks for a database that is not prepared, is away or refuses the password": (
        "cli/test_faults_outside.py::test_a_database_without_tables_is_told_to_be_prepared",
        "cli/test_faults_outside.py::test_a_database_that_is_away_is_told",
        "cli/test_faults_outside.py::test_a_wrong_password_of_the_database_is_told",
        "cli/test_faults_outside.py::test_a_redis_that_is_away_is_told"),
    "settings accepts what doctor refuses, and prints nothing while incomplete": (
        "cli/test_faults_outside.py::test_settings_show_the_whole_table_and_name_what_is_wrong_in_it",
        "contract/test_declarations.py::test_settings_are_read_by_what_their_services_say"),
    "data commands take seconds": (
        "cli/test_imports_on_demand.py::"
        "test_a_listing_imports_no_service_as_a_whole_and_no_library_that_it_does_not_call",
        "cli/test_imports_on_demand.py::test_the_help_of_a_group_imports_no_database_unless_it_migrates_seeds_or_serves",
        "cli/test_imports_on_demand.py::test_status_asks_no_more_of_the_services_than_their_queues_and_jobs"),
    "success is told before it happens": (
        "cli/test_dry_runs.py::test_a_dry_run_changes_nothing_and_refuses_what_the_act_refuses",
        "cli/test_operations.py::test_a_no_changes_nothing"),
    "retry nosuch is 0": (
        "cli/test_operations.py::test_retry_of_an_unknown_subscriber_is_wrong_usage_and_names_the_one_that_was_meant",
        "app/notify/test_letters_that_stay.py::test_an_unknown_letter_to_send_again_is_wrong_usage"),
    "ids are not shortened": (
        "cli/test_naming.py::test_m_29_a_whole_id_a_beginning_and_the_last_eight_digits_name_the_account",
        "cli/test_naming.py::test_every_kind_that_staff_moderate_is_named_by_a_part_of_its_id",
        "cli/test_terminal.py::test_ids_are_short_in_the_table_and_whole_in_json"),
    "there is no auctions list, orders list, users show, users password": (
        "cli/test_auctions_list.py::test_running_auctions_come_by_their_end_and_those_without_one_last",
        "cli/test_entry_points.py::test_every_group_lists_what_it_is_about",
        "cli/test_orders.py::test_orders_are_listed_the_latest_first_and_narrowed",
        "cli/test_users_at_a_glance.py::test_show_tells_listings_orders_and_sessions",
        "platform/test_password_command.py::test_a_typed_password_ends_every_session_and_is_never_printed"),
    "the superAdmin has a stranger's address, and a changed password says nothing": (
        "platform/test_super_admin.py::test_the_address_of_the_documents_gives_way_to_the_operators_own_and_no_other_does",
        "platform/test_super_admin.py::"
        "test_a_changed_superadmin_password_changes_nothing_and_names_the_command_that_does"),
    "mail that does not leave is noticed by nobody": (
        "app/notify/test_letters_that_stay.py::test_letters_that_were_given_up_fail_the_doctor",
        "app/notify/test_letters_that_stay.py::test_letters_that_were_given_up_go_again_with_all_their_attempts",
        "app/notify/test_letters_that_stay.py::test_a_test_letter_is_sent_and_the_servers_answer_told"),
    "operations.md is not true: backup, upgrade, units that wait for what Debian has not": (
        "install/test_operations_page.py::test_the_page_for_operators_is_true_from_top_to_bottom",
        "install/test_operations_page.py::"
        "test_the_page_for_operators_is_true_on_an_empty_debian_from_top_to_bottom",
        "install/test_operations_page.py::test_the_page_is_read_in_one_sitting",
        "app/ops/backup/test_round_trip.py::test_what_was_lost_is_there_again_with_old_logins_tenants_media_and_keys",
        "cli/test_upgrade.py::test_a_migration_that_fails_takes_back_those_before_it_too",
        "install/test_units.py::test_a_unit_waits_for_nothing_that_debian_does_not_have",
        "install/test_units.py::test_systemd_finds_nothing_wrong_with_any_unit"),
}


@pytest.mark.once("files of the repository")
@pytest.mark.parametrize("fault", SHOWN_BY)
def test_each_fault_has_tests_named_after_it(fault: str) -> None:
    for test in SHOWN_BY[fault]:
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), test
