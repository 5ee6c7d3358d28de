"""The list of quirks explains only the changes that it names."""

import pytest

from support.infra import Change, Plan, Quirk, quirks, without_keys

QUIRK = Quirk("q", "m", "what", "reason", address="aws_sqs_queue.jobs", attributes=("redrive_policy",))


def change(address: str, actions: tuple[str, ...] = ("update",), after: dict[str, object] | None = None) -> Change:
    before = {"name": "jobs", "redrive_policy": "{}"}
    return Change(address, actions, before, before | (after or {}), {})


def test_a_quirk_explains_an_update_of_its_attribute_at_any_module_address() -> None:
    assert QUIRK.explains(change("module.runners.aws_sqs_queue.jobs[0]", after={"redrive_policy": "{ }"}))


@pytest.mark.parametrize(
    "other",
    [
        change("module.runners.aws_sqs_queue.dead", after={"redrive_policy": "{ }"}),
        change("module.runners.aws_sqs_queue.jobs", after={"redrive_policy": "{ }", "name": "other"}),
        change("module.runners.aws_sqs_queue.jobs", ("delete", "create"), after={"redrive_policy": "{ }"}),
        Change("aws_sqs_queue.jobs", ("update",), {"name": "a"}, {}, {"name": True}),
    ],
    ids=["another resource", "another attribute too", "a replacement", "an unknown value"],
)
def test_a_quirk_explains_nothing_else(other: Change) -> None:
    assert not QUIRK.explains(other)


def test_a_plan_lists_changes_and_omits_reads_and_unchanged_resources() -> None:
    entries = [
        {"address": f"aws_x.{actions[0]}", "change": {"actions": actions, "before": None, "after": None}}
        for actions in (["no-op"], ["read"], ["create"], ["delete", "create"])
    ]
    shown = [one.address for one in Plan({"resource_changes": entries}).changes]
    assert shown == ["aws_x.create", "aws_x.delete"]


def test_keys_of_count_and_for_each_are_not_part_of_an_address() -> None:
    assert without_keys('module.a["b.c"].aws_x.y[0]') == "module.a.aws_x.y"


def test_every_quirk_has_a_description_a_reason_and_one_kind() -> None:
    for quirk in quirks():
        assert quirk.what, quirk.id
        assert quirk.reason, quirk.id
        assert bool(quirk.address) == bool(quirk.attributes), f"{quirk.id}: address and attributes go together"
        assert not (quirk.override and quirk.attributes), f"{quirk.id}: attributes or override"
