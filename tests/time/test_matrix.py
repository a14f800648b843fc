"""The matrix of docs/time.md, row by row: what is recorded, how uncertain, what a correction says."""

from __future__ import annotations

from tests.time.world import DAY, HOUR, MINUTE, START_MS, World


def known_then_off(world: World, off_ms: float = 3 * HOUR) -> None:
    """A morning with NTP, a punch, then the power is cut."""
    world.power_on()
    world.start()
    world.sync_ntp()
    world.tap()
    world.go_on(11 * MINUTE)
    world.without_power(off_ms)


def test_no_rtc_after_a_power_cut_is_bracketed_when_the_time_is_known_again(world: World) -> None:
    known_then_off(world)
    world.power_on()
    world.start()
    seq = world.tap()
    assert (world.recorded(seq).source, world.recorded(seq).uncertainty_ms) == ("none", None)
    world.go_on(HOUR)
    world.without_power(5 * HOUR)
    world.power_on()
    world.start()
    world.sync_ntp()
    at = world.known(seq)
    assert at.source == "none"
    assert at.uncertainty_ms is not None
    assert at.uncertainty_ms < 5 * HOUR  # eight hours without known time, of which it ran one
    assert world.recorded(seq).uncertainty_ms is None


def test_two_boots_that_never_knew_the_time_keep_their_order(world: World) -> None:
    known_then_off(world)
    seqs = []
    for _ in range(2):
        world.power_on()
        world.start()
        seqs.append(world.tap())
        world.go_on(2 * HOUR)
        world.tap()
        world.without_power(HOUR)
    world.power_on()
    world.start()
    world.sync_ntp()
    first, second = (world.known(seq) for seq in seqs)
    assert second.wall_ms - first.wall_ms >= 2 * HOUR - MINUTE
    assert len(world.records("correction")) == 4  # two boots, and the starts of the two that learnt it


def test_the_year_1970_is_not_believed(world: World) -> None:
    world.power_on(system_ms=0)
    world.start()
    seq = world.tap()
    assert world.recorded(seq).wall_ms < MINUTE
    assert world.recorded(seq).source == "none"
    world.sync_ntp()
    assert world.known(seq).source == "ntp"


def test_a_kernel_that_calls_1970_synchronised_is_not_believed_either(world: World) -> None:
    world.true_ms = 50_000
    world.power_on(system_ms=0)
    world.start()
    world.sync_ntp()
    seq = world.tap()
    assert world.recorded(seq).source == "none"
    world.truth.clear()
    world.truth[seq] = world.true_ms


def test_a_clock_in_the_future_claims_nothing_and_is_put_back(world: World) -> None:
    world.power_on(system_ms=START_MS + 400 * DAY)
    world.start()
    seq = world.tap()
    assert world.recorded(seq).source == "none"
    world.hear("centre")
    assert world.known(seq).source == "centre"
    assert world.records("correction")[0].data["offset_ms"] < -399 * DAY
    later = world.tap()
    assert world.recorded(later).source == "centre"


def test_ntp_after_an_hour_corrects_that_hour(world: World) -> None:
    world.power_on()
    world.start()
    seqs = [world.tap()]
    world.go_on(HOUR)
    seqs.append(world.tap())
    world.sync_ntp()
    assert [world.known(seq).source for seq in seqs] == ["ntp", "ntp"]
    first = world.known(seqs[0]).uncertainty_ms or 0
    assert 20 + 360 <= first <= 20 + 364  # an hour of the boot clock's drift is part of it
    assert [change.data["reason"] for change in world.records("clock")] == ["stepped"]


def test_a_step_back_during_a_punch_does_not_reach_the_punch(world: World) -> None:
    world.power_on()
    world.start()
    world.sync_ntp()
    world.lose_ntp()
    seen = world.core.clock.now()
    world.system_ms -= 2 * HOUR
    seq = world.tap(seen=seen)
    world.go_on(1000)
    after = world.tap()
    assert world.recorded(after).wall_ms > world.recorded(seq).wall_ms
    assert world.records("clock")[-1].data["reason"] == "the system's clock was stepped; not followed"


def test_a_step_back_of_an_unknown_clock_during_a_punch_is_corrected_on_both_sides(world: World) -> None:
    world.power_on()
    world.start()
    seen = world.core.clock.now()
    world.truth[world.core.store.head.seq + 2] = world.true_ms
    world.system_ms -= 2 * HOUR
    world.core.keeper.tick()
    late = world.tap(seen=seen)
    after = world.tap()
    world.sync_ntp()
    assert world.known(late).source == world.known(after).source == "ntp"


def test_an_rtc_that_was_right_is_believed_and_says_how_far(world: World) -> None:
    world.rtc_ms = START_MS
    known_then_off(world, DAY)
    world.power_on()
    world.start()
    at = world.recorded(world.tap())
    assert at.source == "rtc"
    assert at.uncertainty_ms is not None
    assert 9_000 < at.uncertainty_ms < 12_000  # a day at 100 ppm


def test_a_wrong_rtc_that_nobody_compared_is_not_believed(world: World) -> None:
    world.rtc_ms = START_MS + 7 * HOUR  # set to local time
    world.power_on()
    world.start()
    assert world.recorded(world.tap()).source == "none"


def test_a_wrong_rtc_beside_the_centre_is_known_by_how_much(world: World) -> None:
    world.rtc_ms = START_MS + 7 * HOUR
    world.power_on()
    world.start()
    world.hear("centre")
    world.core.keeper.rtc.compare(world.core.clock)
    world.without_power(HOUR)
    world.power_on()
    world.start()
    assert world.recorded(world.tap()).source == "rtc"


def test_a_source_found_wrong_later_has_its_records_corrected(world: World) -> None:
    world.power_on()
    world.start()
    world.hear("operator", off_ms=HOUR, within_ms=MINUTE)
    seq = world.tap()
    assert world.recorded(seq).source == "operator"
    world.hear("centre")
    assert world.known(seq).source == "centre"
    assert world.records("clock")[-1].data["reason"] == "centre disagrees"


def test_a_centre_whose_clock_is_off_for_a_while_is_not_followed(world: World) -> None:
    world.power_on()
    world.start()
    world.hear("centre")
    for off_ms in (5 * 365 * DAY, -5 * 365 * DAY, 9 * MINUTE, 5 * 365 * DAY):
        for _ in range(3):
            world.hear("centre", off_ms=off_ms)
            world.go_on(MINUTE)
            assert world.recorded(world.tap()).source == "centre"
    world.hear("centre")
    told = [record for record in world.records("clock") if "not followed" in record.data["reason"]]
    assert len(told) == 1  # one in ten minutes, however often it leaps


def test_a_centre_whose_clock_was_put_right_is_followed_when_it_goes_on_saying_so(world: World) -> None:
    world.power_on()
    world.start()
    world.hear("centre", off_ms=HOUR)
    for _ in range(11):
        world.hear("centre")
        world.go_on(MINUTE)
    assert world.records("clock")[-1].data["reason"] == "centre disagrees"
    assert abs(world.recorded(world.tap()).wall_ms - world.true_ms) < 1_000


def test_gps_only(world: World) -> None:
    world.power_on()
    world.start()
    before = world.tap()
    world.hear("gps", within_ms=500)
    after = world.tap()
    assert world.known(before).source == world.recorded(after).source == "gps"


def test_centre_only(world: World) -> None:
    world.power_on()
    world.start()
    before = world.tap()
    world.hear("centre", off_ms=150, within_ms=200)
    world.go_on(HOUR)
    at = world.recorded(world.tap())
    assert world.known(before).source == at.source == "centre"
    assert at.uncertainty_ms == 200 + 361
    world.hear("centre", within_ms=200)
    assert world.recorded(world.tap()).uncertainty_ms == 200


def test_a_dead_rtc_battery_is_seen_by_a_time_that_has_passed(world: World) -> None:
    world.rtc_ms = START_MS
    known_then_off(world, 0)
    world.without_power(DAY, rtc_ms=946_684_800_000)
    world.power_on()
    world.start()
    seq = world.tap()
    assert world.recorded(seq).source == "none"
    world.sync_ntp()
    assert world.known(seq).source == "ntp"


def test_an_rtc_kept_too_long_says_nothing(world: World) -> None:
    world.rtc_ms = START_MS
    known_then_off(world, 60 * DAY)
    world.power_on()
    world.start()
    assert world.recorded(world.tap()).source == "none"


def test_a_change_of_zone_changes_no_record(world: World) -> None:
    world.power_on()
    world.start()
    world.sync_ntp()
    before = world.tap()
    world.cut()
    world.start(zone="WIT")
    after = world.tap()
    assert 0 <= world.recorded(after).wall_ms - world.recorded(before).wall_ms < MINUTE


def test_a_leap_second_is_part_of_the_uncertainty(world: World) -> None:
    world.true_ms = 1_798_761_600_000 - HOUR  # the last hour of 2026, UTC
    world.power_on()
    world.start()
    world.hear("centre")
    world.go_on(2 * HOUR)
    world.true_ms -= 1000  # 23:59:60
    seq = world.tap()
    assert 1000 < (world.recorded(seq).uncertainty_ms or 0) < 2500
    assert world.recorded(seq).wall_ms > START_MS


def test_kioskd_restarted_in_the_same_boot_corrects_what_the_run_before_wrote(world: World) -> None:
    world.power_on()
    world.start()
    seq = world.tap()
    world.cut()
    world.go_on(10 * MINUTE)
    world.start()
    world.sync_ntp()
    assert world.known(seq).source == "ntp"


def test_kioskd_restarted_in_the_same_boot_still_knows_the_time(world: World) -> None:
    world.power_on()
    world.start()
    world.hear("centre")
    world.tap()
    world.cut()
    world.go_on(10 * MINUTE)
    world.start()
    assert world.recorded(world.tap()).source == "centre"


def test_ntp_lost_goes_on_less_and_less_surely(world: World) -> None:
    world.power_on()
    world.start()
    world.sync_ntp()
    world.lose_ntp()
    world.go_on(DAY)
    at = world.recorded(world.tap())
    assert at.source == "ntp"
    assert 8_640 <= (at.uncertainty_ms or 0) <= 8_700


def test_corrections_come_once_and_a_rebuild_finds_the_same(world: World) -> None:
    known_then_off(world)
    world.power_on()
    world.start()
    world.tap()
    world.without_power(HOUR)
    world.power_on()
    world.start()
    world.sync_ntp()
    count = len(world.records("correction"))
    world.cut()
    world.start()
    world.go_on(1000)
    assert len(world.records("correction")) == count
    assert world.core.store.rebuild().differences == 0
