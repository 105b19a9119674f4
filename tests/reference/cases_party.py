"""Hard cases of party proposals that share keys, of partners' logs, and of accreditations."""
from cases import AU, MEMBERS, UK, US, ask, case, id_of
from cases_partner import JP, PART, PJ, Joined
from world import DAY, HOUR, PARTNER, T0, History, Partner, World, issuer_line, kas_line, name_of, seal_line, time

KR = "kr.example"


# ---- two parties that say the same of themselves ----

def twins(first, second, same_second=False):
    h = History(World(), partners=[first, second])
    a, b = h.add(first.proposal(h.world)), h.add(second.proposal(h.world))
    for p, at, until in ((a, T0, T0 + 5 * HOUR), (b, T0 if same_second else T0 + HOUR, T0 + DAY)):
        h.consent_all(p, at, until)
    return h, id_of(a), id_of(b)


@case
def an_issuer_that_differs_in_a_slash_is_taken():  # C-57
    h, a, b = twins(Partner(JP), Partner(KR, issuer=Partner(JP).sso + "/"))
    return ask(h, T0 + HOUR, {"project " + a: "active", "project " + b: "proposed", "since " + b: 0}, T0 + 5 * HOUR,
               {"project " + a: "proposed", "project " + b: "active", "since " + b: T0 + 5 * HOUR})


@case
def an_officers_key_of_another_party_is_taken():  # C-57
    h, a, b = twins(Partner(JP), Partner(KR, shared=["jp.example/officer/doe"]))
    return ask(h, T0 + HOUR, {"project " + a: "active", "project " + b: "proposed"})


@case
def in_one_second_the_smaller_hash_takes_a_key():  # C-57
    h, a, b = twins(Partner(JP), Partner(KR, shared=["jp.example/officer/doe"]), same_second=True)
    return ask(h, T0, {"project " + min(a, b): "active", "project " + max(a, b): "proposed"})


@case
def a_log_key_of_another_party_is_taken():  # C-57
    h, a, b = twins(Partner(JP), Partner(KR, log="jp.example/statements"))
    return ask(h, T0 + HOUR, {"project " + a: "active", "project " + b: "proposed"})


@case
def what_repeats_the_keys_of_its_own_predecessor_is_good():  # C-57
    j = Joined()
    s = j.successor(T0 + HOUR, people=("doe", "poe", "zoe"))
    return ask(j.h, T0 + HOUR, {"project " + id_of(s): "active", PART: "active"})


@case
def a_successor_with_anothers_key_does_not_replace():  # C-19 C-57
    j = Joined()
    kr = j.h.add(j.h.partners[1].proposal(j.h.world))
    j.consent_all(kr, T0 + 60)
    s = j.successor(T0 + HOUR, shared=["kr.example/officer/poe"])
    return ask(j.h, T0 + HOUR, {"project " + id_of(s): "proposed", "project " + id_of(j.party): "active", "project " + id_of(kr): "active", PART: "active"})


@case
def a_party_that_repeats_a_members_key_or_issuer_is_not_kept():  # C-5
    h, w = History(World()), World()
    twin = Partner(JP, officers=2, shared=["uk.example/officer/poe"])
    texts_ = [twin.proposal(w), Partner(JP, issuer=w.parties[UK].sso + "/").proposal(w), Partner(JP, log="us.example/witness").proposal(w)]
    for t in texts_:
        h.add(t)
    return ask(h, T0, {PART: "none"})


# ---- a partner's log ----

@case
def another_log_key_never_holds_the_name():  # C-56
    j = Joined()
    s = j.successor(T0 + HOUR, log="another")
    return ask(j.h, T0 + HOUR, {"project " + id_of(s): "proposed", "project " + id_of(j.party): "active", PART: "active"})


@case
def a_partner_needs_no_alive_to_be_served():  # C-56
    j = Joined()
    j.h.state(PJ, kas_line(j.jp.kas[0]), T0)
    return ask(j.h, T0, {PART: "active", "alive jp.example": None, "keys jp.example": 0, "size jp.example": 1})


@case
def a_broken_log_closes_its_partner_only():  # C-32 C-56
    j = Joined()
    j.h.alive(PJ, T0)
    j.h.state(PJ, kas_line(j.jp.kas[0]), T0)
    j.h.broken.add(JP)
    return ask(j.h, T0, {PART: "suspended", "answers": True, "broken jp.example": True, "keys jp.example": 0, "may": MEMBERS})


@case
def what_a_partner_is_not_understood_in_closes_it_only():  # C-13 C-56
    j = Joined()
    j.h.alive(PJ, T0)
    j.h.state(PJ, "decline 2.1", T0)
    return ask(j.h, T0, {PART: "suspended", "answers": True, "frozen jp.example": True})


def log_key_stop(by, **fields):
    j = Joined()
    j.h.state(by, f"stop key {j.jp.log.name}+{j.jp.log.id.hex()}", T0, **fields)
    return j


@case
def a_stop_of_its_log_key_closes_a_partner():  # C-56 C-60
    j = log_key_stop(PJ, signers=Partner(JP).officers[:1])
    return ask(j.h, T0, {PART: "suspended", "log_key_stopped jp.example": True})


@case
def a_partners_stop_is_heard_in_a_members_log():  # C-8 C-60
    j = Joined()
    j.h.state(PJ, "stop partner jp.example", T0, log=UK, epoch=9)
    return ask(j.h, T0, {PART: "suspended", "stops ": 1})


@case
def a_partner_stops_nobody_else():  # C-60
    j = Joined()
    for what in ("partner kr.example", "partner au.example", "project quantum", f"proposal {name_of(j.admit)}", "person x@au.example",
                 "file 5d2f6c3a-0000-4000-8000-000000000000", f"key {j.h.world.parties[AU].log.name}+{j.h.world.parties[AU].log.id.hex()}"):
        j.h.state(PJ, "stop " + what, T0)
    j.h.asks.append("person x@au.example")
    return ask(j.h, T0, {PART: "active", "part au.example quantum": "active", "stopped person x@au.example": False, "log_key_stopped au.example": False})


@case
def a_partner_stops_its_own_persons():  # C-60
    j = Joined()
    j.h.state(PJ, "stop person y@jp.example", T0, signers=j.jp.officers[1:2])
    j.h.asks += ["person y@jp.example", "person z@jp.example"]
    return ask(j.h, T0, {"stopped person y@jp.example": True, "stopped person z@jp.example": False, PART: "active"})


@case
def what_only_a_member_may_say_is_void_of_a_partner():  # C-54
    j = Joined(requires="requires posture-1 from 1\n")
    j.h.alive(PJ, T0)
    j.h.state(PJ, f"accredit jp.example posture-1 until {time(T0 + DAY)}", T0)
    j.h.consent(PJ, j.project, T0, T0 + DAY, alive=False)
    j.h.state(PJ, seal_line(j.jp.seals[0].raw), T0)
    j.h.state(PJ, kas_line(j.jp.kas[0]), T0)
    return ask(j.h, T0, {PART: "lapsed", "keys jp.example": 1, "new_files jp.example": kas_line(j.jp.kas[0]).split(" ")[1]})


@case
def new_officers_speak_and_old_ones_only_narrow():  # C-54 C-55
    j = Joined()
    j.successor(T0 + HOUR)
    old, new = j.jp, j.h.partners[2]
    j.h.alive(PJ, T0)
    j.h.state(PJ, kas_line(old.kas[0]), T0)  # before: of the replaced, it counts
    j.h.alive(PJ, T0 + HOUR)
    j.h.state(PJ, kas_line(old.kas[1]), T0 + HOUR)  # too late
    j.h.state(PJ, issuer_line(old.issuer, "k", old.issuing[0], T0 + DAY), T0 + HOUR, signers=new.officers[:2])
    j.h.alive(PJ, T0 + 2 * HOUR)
    j.h.state(PJ, "stop person y@jp.example", T0 + 2 * HOUR, signers=old.officers[:1])
    j.h.asks.append("person y@jp.example")
    kid = kas_line(old.kas[0]).split(" ")[1]
    return ask(j.h, T0 + 2 * HOUR, {"keys jp.example": 1, "new_files jp.example": kid, "issuer_keys jp.example": 1, "stopped person y@jp.example": True})


@case
def who_never_held_the_name_says_nothing():  # C-55
    j = Joined()
    j.h.partners.append(Partner(JP, people=("ane", "ben", "cyd")))
    j.h.add(j.h.partners[2].proposal(j.h.world, title="Second", replaces=name_of(j.party)))
    j.h.alive(PJ, T0)
    for line in ("stop partner jp.example", "withdraw charter", kas_line(j.jp.kas[0])):
        j.h.state(PARTNER + 2, line, T0)
    return ask(j.h, T0, {PART: "active", "keys jp.example": 0, "stops ": 0})


@case
def a_lapsed_party_only_narrows():  # C-55
    j = Joined(until=T0 + HOUR)
    j.h.alive(PJ, T0)
    j.h.state(PJ, kas_line(j.jp.kas[0]), T0)
    j.h.alive(PJ, T0 + HOUR)
    j.h.state(PJ, "stop partner jp.example", T0 + HOUR)
    return ask(j.h, T0 + HOUR - 121, {"keys jp.example": 1}, T0 + HOUR, {"keys jp.example": 0, "stops ": 1})


@case
def two_successions_keep_what_the_first_said():  # C-55
    j = Joined()
    second = j.successor(T0 + HOUR)
    j.h.partners.append(Partner(JP, people=("dan", "eve", "fay")))
    third = j.h.add(j.h.partners[-1].proposal(j.h.world, title="Third", replaces=name_of(second)))
    j.consent_all(third, T0 + 2 * HOUR)
    j.h.alive(PJ, T0)
    j.h.state(PJ, kas_line(j.jp.kas[0]), T0)
    return ask(j.h, T0 + 2 * HOUR, {PART: "active", "keys jp.example": 1})


@case
def a_partners_issuer_is_one_of_its_own_lines():  # C-24
    j = Joined()
    j.h.alive(PJ, T0)
    for issuer in (j.jp.issuer, j.jp.issuer + "/", Partner(KR).issuer):
        j.h.state(PJ, issuer_line(issuer, "k", j.jp.issuing[0], T0 + DAY), T0)
    return ask(j.h, T0, {"issuer_keys jp.example": 1})


@case
def a_seal_key_of_a_partners_officer_is_none():  # C-24
    j = Joined(until=T0 + HOUR)
    j.h.state(US, seal_line(j.jp.officers[0].raw), T0)
    return ask(j.h, T0, {"keys us.example": 0})


# ---- accreditations ----

def accredited(*given, requires="requires posture-1 from 2\n", **fields):
    """(member, until, field=...) each, beside an admission that requires two."""
    j = Joined(world=fields.pop("world", None), requires=requires, **fields)
    for m, until in given:
        j.h.state(m, f"accredit jp.example posture-1 until {time(until)}", T0)
    return j


@case
def as_many_accreditations_as_are_required():  # C-29 C-64
    j = accredited((AU, T0 + HOUR), (UK, T0 + 2 * HOUR), (US, T0 + 3 * HOUR))
    return ask(j.h, T0, {PART: "active", "until jp.example quantum": T0 + 2 * HOUR}, T0 + 2 * HOUR - 1, {PART: "active"}, T0 + 2 * HOUR, {PART: "lapsed"})


@case
def one_accreditation_short_is_lapsed():  # C-64
    j = accredited((AU, T0 + DAY))
    j.h.state(AU, f"accredit jp.example posture-1 until {time(T0 + 2 * DAY)}", T0)  # the same member again
    j.h.state(UK, f"accredit jp.example posture-2 until {time(T0 + DAY)}", T0)
    j.h.state(US, f"accredit kr.example posture-1 until {time(T0 + DAY)}", T0)
    return ask(j.h, T0, {PART: "lapsed"})


@case
def an_accreditation_a_second_beyond_the_limit_is_void():  # C-64
    return ask(accredited((AU, T0 + 365 * DAY + 1), (UK, T0 + DAY)).h, T0, {PART: "lapsed"})


@case
def an_accreditation_until_the_limit_counts():  # C-64
    return ask(accredited((AU, T0 + 365 * DAY), (UK, T0 + DAY)).h, T0, {PART: "active"})


@case
def an_accreditation_counts_while_its_member_is_heard():  # C-27 C-64
    j = accredited((AU, T0 + 9 * DAY), (UK, T0 + 9 * DAY), world=World(consents="1", admit="1", admit_fresh="10h"), fresh="90h")
    j.h.alive(AU, T0 + 6 * HOUR)
    return ask(j.h, T0 + 10 * HOUR, {PART: "active", "until jp.example quantum": T0 + 10 * HOUR}, T0 + 10 * HOUR + 1, {PART: "unheard"})


@case
def a_withdrawn_accreditation_is_a_lack():  # C-53 C-64
    j = accredited((AU, T0 + DAY), (UK, T0 + DAY))
    made = j.h.made[-1][2]
    j.h.alive(UK, T0 + HOUR)
    j.h.state(UK, f"withdraw {made}", T0 + HOUR, signers=j.h.world.parties[UK].officers[:1])
    return ask(j.h, f"@{T0 + HOUR - 121}", {PART: "active"}, T0 + HOUR, {PART: "lapsed"})


@case
def all_are_every_member():  # C-64
    j = accredited((AU, T0 + DAY), (UK, T0 + DAY), requires="requires posture-1 from all\n")
    j.h.alive(US, T0 + HOUR)
    j.h.state(US, f"accredit jp.example posture-1 until {time(T0 + DAY)}", T0 + HOUR)
    return ask(j.h, T0, {PART: "lapsed"}, T0 + HOUR, {PART: "active"})


@case
def more_than_there_are_members_is_never():  # C-64
    j = accredited((AU, T0 + DAY), (UK, T0 + DAY), (US, T0 + DAY), requires="requires posture-1 from 4\n")
    return ask(j.h, T0, {PART: "lapsed"})


@case
def a_project_requires_of_partners_and_for_all_of_members():  # C-64
    j = Joined(extra="requires posture-1 from 1 for all\n")
    k = id_of(j.project)
    for party in (JP, "au.example"):
        j.h.state(UK, f"accredit {party} posture-1 until {time(T0 + DAY)}", T0)
    return ask(j.h, T0, {PART: "active", "part au.example quantum": "active", "part uk.example quantum": "lapsed", "project " + k: "active"})


@case
def a_project_that_does_not_say_for_all_asks_partners_only():  # C-64
    j = Joined(extra="requires posture-1 from 1\n")
    return ask(j.h, T0, {PART: "lapsed", "part au.example quantum": "active"})


@case
def an_accreditation_needs_the_quorum():  # C-9 C-64
    j = Joined(requires="requires posture-1 from 1\n")
    j.h.state(UK, f"accredit jp.example posture-1 until {time(T0 + DAY)}", T0, signers=j.h.world.parties[UK].officers[:1])
    return ask(j.h, T0, {PART: "lapsed"})
