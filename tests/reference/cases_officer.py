"""Hard cases of stopped keys: officers', logs', data keys and seal keys."""
from cases import AU, UK, US, ask, begin, case, id_of
from cases_partner import JP, PART, PJ, Joined
from cases_stop import STOP, later, made, one, ref
from world import DAY, HOUR, T0, History, Partner, World, issuer_line, kas_line, name_of, note, seal_line

DOE, POE, ROE = range(3)


def officers(h, m, *which):
    return [h.who(m).officers[n] for n in which]


def stop_officer(h, m, who, at, signers, **fields):
    return later(h, m, f"stop key {ref(h.who(m).officers[who])}", at, signers=officers(h, m, *signers), **fields)


# ---- officers' keys ----

@case
def a_stop_of_an_officers_key_needs_the_quorum_without_it():  # C-9 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [DOE, POE])
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    return ask(h, T0, {"project " + q: "active", "stops ": 0})


@case
def a_stopped_officer_signs_nothing_that_counts():  # C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    h.consent(US, p, T0 + HOUR, T0 + 2 * DAY, signers=officers(h, US, ROE, POE))
    return ask(h, f"@{T0}", {"project " + q: "proposed", "stops ": 1}, T0 + HOUR, {"project " + q: "active"})


@case
def what_was_signed_before_the_stop_stands():  # C-52 C-62
    h, p, q = begin()
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    stop_officer(h, US, DOE, T0, [POE, ROE])
    return ask(h, T0, {"project " + q: "active"})


def heard_at(at):
    """The stop stands in another log only, at a time; the consent took effect at T0."""
    h, p, q = begin()
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    h.ops.insert(0, (UK, ("alive", T0 - DAY, {})))
    h.alive(AU, at)
    h.state(US, f"stop key {ref(officers(h, US, DOE)[0])}", T0, signers=officers(h, US, POE, ROE), log=AU)
    return h, q


@case
def a_stop_a_second_later_in_another_log_takes_nothing():  # C-52 C-62
    h, q = heard_at(T0 + 1)
    return ask(h, T0 + 1, {"project " + q: "active"})


@case
def a_stop_in_the_same_second_in_another_log_takes_nothing():  # C-52 C-62
    h, q = heard_at(T0)
    return ask(h, T0, {"project " + q: "active"})


@case
def a_stop_that_was_heard_before_silences_in_every_log():  # C-52 C-62
    h, p, q = begin()
    h.alive(US, T0 + HOUR)
    entry = h.state(US, f"stop key {ref(officers(h, US, DOE)[0])}", T0, signers=officers(h, US, POE, ROE), log=AU)
    h.consent(US, p, T0 + HOUR, T0 + DAY, signers=officers(h, US, DOE, POE))
    h.raw(US, entry)  # in its own log only now
    return ask(h, T0 + HOUR, {"project " + q: "proposed", "stops ": 1})


@case
def a_stopped_officer_stops_and_resumes_nothing():  # C-62
    j = Joined(fresh="30d")
    later(j.h, US, STOP, T0 + 60)
    stop = made(j.h)
    stop_officer(j.h, US, DOE, T0 + HOUR, [POE, ROE])
    j.h.state(US, f"resume {stop}", T0 + HOUR, signers=officers(j.h, US, DOE, ROE))
    j.h.state(US, "stop partner au.example", T0 + HOUR, signers=officers(j.h, US, DOE))
    return ask(j.h, T0 + HOUR, {PART: "suspended", "part au.example quantum": "active", "stops ": 2})


@case
def an_entry_with_a_stopped_signature_decides_and_counts_for_nothing():  # C-11 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    entry = h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    h.raw(US, note(entry.partition(b"\n\n")[0] + b"\n", officers(h, US, POE, ROE)))
    return ask(h, T0, {"project " + q: "proposed"})


@case
def two_officers_who_stop_each_other_are_taken_in_their_order():  # C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    stop_officer(h, US, POE, T0, [DOE, ROE])
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, POE, ROE))
    return ask(h, T0, {"project " + q: "active", "stops ": 1})


@case
def their_order_is_that_of_effect_and_not_of_arrival():  # C-52 C-62
    h, p, q = begin(world=World(officers=3))
    h.alive(US, T0 + HOUR)
    h.state(US, f"stop key {ref(officers(h, US, DOE)[0])}", T0 + HOUR, signers=officers(h, US, POE, ROE))
    h.alive(AU, T0 + 60)  # heard earlier, elsewhere
    h.state(US, f"stop key {ref(officers(h, US, POE)[0])}", T0, signers=officers(h, US, DOE, ROE), log=AU)
    h.consent(US, p, T0 + HOUR, T0 + DAY, signers=officers(h, US, DOE, ROE))
    return ask(h, T0 + HOUR, {"project " + q: "active", "stops ": 1})


@case
def a_resumed_officer_signs_again_and_what_it_signed_between_stays_void():  # C-61 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    stop = made(h)
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    later(h, US, f"resume {stop}", T0 + HOUR, signers=officers(h, US, POE, ROE))
    return ask(h, T0 + HOUR, {"project " + q: "proposed", "stops ": 0})


@case
def what_is_signed_after_the_resume_counts():  # C-61 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    later(h, US, f"resume {made(h)}", T0 + HOUR, signers=officers(h, US, POE, ROE))
    h.consent(US, p, T0 + HOUR, T0 + DAY, signers=officers(h, US, DOE, POE))
    return ask(h, T0 + HOUR, {"project " + q: "active"})


@case
def a_resume_needs_the_quorum_without_the_stopped_officer():  # C-9 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    later(h, US, f"resume {made(h)}", T0 + HOUR, signers=officers(h, US, DOE, POE))
    h.consent(US, p, T0 + HOUR, T0 + DAY, signers=officers(h, US, DOE, POE))
    return ask(h, T0 + HOUR, {"project " + q: "proposed", "stops ": 1})


@case
def a_withdrawn_resume_silences_the_officer_again():  # C-53 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    later(h, US, f"resume {made(h)}", T0 + HOUR, signers=officers(h, US, POE, ROE))
    h.state(US, f"withdraw {made(h)}", T0 + HOUR, signers=officers(h, US, DOE))
    h.consent(US, p, T0 + HOUR, T0 + DAY, signers=officers(h, US, DOE, POE))
    return ask(h, T0 + HOUR, {"project " + q: "proposed", "stops ": 1})


@case
def a_resume_before_the_officers_stop_voids_it():  # C-61 C-62
    h, p, q = begin()
    text = h.text_of(US, f"stop key {ref(officers(h, US, DOE)[0])}", T0)
    later(h, US, f"resume {name_of(text)}", T0, signers=officers(h, US, POE, ROE))
    h.raw(US, note(text, officers(h, US, POE, ROE)))
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE), alive=False)
    return ask(h, T0, {"project " + q: "active", "stops ": 0})


@case
def another_members_stop_of_an_officer_silences_nobody():  # C-62
    h, p, q = begin()
    later(h, AU, f"stop key {ref(officers(h, US, DOE)[0])}", T0 - HOUR)
    h.ops.insert(0, h.ops.pop())
    h.ops.insert(0, h.ops.pop())
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    return ask(h, T0, {"project " + q: "active"})


@case
def a_stop_whose_time_is_ahead_silences_what_is_later_in_its_log_or_time():  # C-51 C-52 C-62
    h, p, q = begin()
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    h.alive(AU, T0 + 9 * DAY)
    h.state(US, f"stop key {ref(officers(h, US, DOE)[0])}", T0, signers=officers(h, US, POE, ROE), log=AU)
    second = h.propose(name="undersea")
    h.consent_all(second, T0 + 10 * DAY, T0 + 20 * DAY)
    h.ops.pop()
    h.consent(US, second, T0 + 10 * DAY, T0 + 20 * DAY, signers=officers(h, US, DOE, POE), alive=False)
    return ask(h, T0, {"project " + q: "active", "stops ": 1}, T0 + 10 * DAY, {"given " + id_of(second): "gg-"})


@case
def an_officer_stop_before_any_alive_silences_from_the_beginning():  # C-51 C-62
    h, p, q = begin()
    h.state(US, f"stop key {ref(officers(h, US, DOE)[0])}", T0, signers=officers(h, US, POE, ROE))
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    return ask(h, T0, {"project " + q: "proposed"})


@case
def a_stopped_officer_still_freezes():  # C-9 C-13 C-62
    h, p, q = begin(consents=(AU, UK, US))
    stop_officer(h, US, DOE, T0, [POE, ROE])
    h.state(US, "decline 2.1", T0, signers=officers(h, US, DOE, POE))
    h.state(UK, "decline 2.1", T0, signers=one(h, UK))
    return ask(h, T0, {"frozen us.example": True, "frozen uk.example": False, "answers": False})


@case
def a_resume_that_lacks_a_stopped_officers_signature_is_written_anew():  # C-11 C-62
    h, p, q = begin()
    stop_officer(h, US, DOE, T0, [POE, ROE])
    entry = h.state(US, f"resume {made(h)}", T0, signers=officers(h, US, DOE, POE))
    h.raw(US, note(entry.partition(b"\n\n")[0] + b"\n", officers(h, US, POE, ROE)))
    h.consent(US, p, T0, T0 + DAY, signers=officers(h, US, DOE, POE))
    later(h, US, f"resume {made(h, 2)}", T0 + HOUR, signers=officers(h, US, POE, ROE))
    h.consent(US, p, T0 + HOUR, T0 + 2 * DAY, signers=officers(h, US, DOE, POE))
    return ask(h, f"@{T0}", {"project " + q: "proposed", "stops ": 1}, T0 + HOUR, {"project " + q: "active", "stops ": 0})


@case
def the_resume_of_a_lapsed_partner_gives_an_officer_back():  # C-55 C-61 C-62
    j = Joined(until=T0 + HOUR)
    stop_officer(j.h, PJ, DOE, T0, [POE, ROE])
    later(j.h, PJ, f"resume {made(j.h)}", T0 + HOUR, signers=officers(j.h, PJ, POE, ROE))
    j.h.state(PJ, "stop partner jp.example", T0 + HOUR, signers=officers(j.h, PJ, DOE))
    return ask(j.h, T0 + HOUR, {"stops ": 2, PART: "suspended"})


@case
def who_never_was_a_partner_stops_no_partners_officer():  # C-5 C-54 C-62
    j = Joined(partners=[Partner(JP), Partner(JP, people=("ane", "doe", "roe"))])
    j.h.add(j.h.partners[1].proposal(j.h.world, title="Never"))
    stop_officer(j.h, PJ + 1, 1, T0, [0, 2])
    j.h.state(PJ, "stop partner jp.example", T0, signers=officers(j.h, PJ, DOE))
    return ask(j.h, T0, {"stops ": 1, PART: "suspended"})


@case
def a_stop_by_a_successor_silences_the_key_of_its_predecessor_too():  # C-62
    j = Joined()
    j.successor(T0 + HOUR, people=("ane", "doe", "roe"))
    stop_officer(j.h, PJ + 1, 1, T0 + HOUR, [0, 2])
    j.h.state(PJ, "stop partner jp.example", T0 + HOUR, signers=officers(j.h, PJ, DOE))
    j.h.state(PJ, "stop partner jp.example project quantum", T0 + HOUR, signers=officers(j.h, PJ, POE))
    return ask(j.h, T0 + HOUR, {"stops ": 2, PART: "suspended"})


@case
def a_partners_officers_are_stopped_by_their_own_quorum():  # C-54 C-62
    j = Joined()
    stop_officer(j.h, PJ, DOE, T0, [POE, ROE])
    j.h.state(PJ, "stop partner jp.example", T0, signers=officers(j.h, PJ, DOE))
    return ask(j.h, T0, {PART: "active", "stops ": 1})


# ---- a log's key, an access log's ----

@case
def a_member_whose_log_key_is_stopped_is_not_heard():  # C-27 C-62
    j = Joined()
    later(j.h, US, f"stop key {ref(j.h.world.parties[US].log)}", T0 + HOUR, signers=one(j.h, US))
    stop = made(j.h)
    later(j.h, US, f"resume {stop}", T0 + 2 * HOUR)
    return ask(j.h, f"@{T0 + HOUR}", {PART: "unheard", "log_key_stopped us.example": True, "project " + id_of(j.project): "unheard"},
               T0 + 2 * HOUR, {PART: "active", "log_key_stopped us.example": False})


@case
def another_members_stop_of_a_log_key_is_none():  # C-62
    j = Joined()
    j.h.state(AU, f"stop key {ref(j.h.world.parties[US].log)}", T0)
    j.h.state(AU, f"stop key {ref(j.h.world.parties[AU].witness)}", T0)
    return ask(j.h, T0, {PART: "active", "stops ": 1, "log_key_stopped us.example": False})


@case
def a_stop_of_the_access_key_is_the_nodes_own():  # C-62 C-72
    j = Joined()
    j.h.state(AU, f"stop key {ref(j.h.world.parties[AU].access)}", T0)
    return ask(j.h, T0, {PART: "active", "access_key_stopped au.example": True, "access_key_stopped us.example": False})


@case
def a_member_stops_no_partners_log_key():  # C-56 C-60
    j = Joined()
    j.h.state(UK, f"stop key {ref(j.jp.log)}", T0, signers=one(j.h, UK))
    return ask(j.h, T0, {PART: "active", "log_key_stopped jp.example": False, "stops ": 0})


# ---- data keys, seal keys, issuers' ----

def kas(member=UK, count=2):
    h = History(World())
    h.alive(member, T0)
    lines = [kas_line(spki) for spki in h.who(member).kas[:count]]
    for line in lines:
        h.state(member, line, T0)
    return h, [line.split(" ")[1] for line in lines], [made(h, n - count) for n in range(count)]


@case
def a_retired_key_makes_no_new_files():  # C-25 C-66
    h, (old, new), _ = kas()
    h.state(AU, f"retire {new}", T0)  # not its owner
    later(h, UK, f"retire {new}", T0 + HOUR, signers=one(h, UK))
    return ask(h, f"@{T0}", {"new_files uk.example": new}, T0 + HOUR, {"new_files uk.example": old, "keys uk.example": 2})


@case
def to_destroy_needs_the_quorum():  # C-9 C-66
    h, (old, new), _ = kas()
    h.state(UK, f"destroy {old}", T0, signers=one(h, UK))
    h.state(UK, f"destroy {new}", T0)
    return ask(h, T0, {"new_files uk.example": old})


@case
def one_officer_stops_a_data_key_of_its_own_party():  # C-9 C-60 C-66
    h, (old, new), _ = kas()
    h.state(AU, f"stop key {new}", T0)
    h.state(UK, f"stop key {new}", T0 + HOUR, signers=one(h, UK))
    later(h, UK, f"resume {made(h)}", T0 + HOUR)
    return ask(h, f"@{T0}", {"new_files uk.example": old}, T0 + HOUR, {"new_files uk.example": new})


@case
def a_partner_stops_no_members_data_key():  # C-60 C-66
    j = Joined()
    later(j.h, UK, kas_line(j.h.who(UK).kas[0]), T0)
    kid = kas_line(j.h.who(UK).kas[0]).split(" ")[1]
    j.h.state(PJ, f"stop key {kid}", T0)
    return ask(j.h, T0, {"new_files uk.example": kid})


@case
def a_stopped_key_is_used_again_after_its_resume():  # C-66
    h, (old, new), _ = kas()
    h.state(UK, f"stop key {new}", T0, signers=one(h, UK))
    later(h, UK, f"resume {made(h)}", T0 + HOUR)
    return ask(h, f"@{T0}", {"new_files uk.example": old}, T0 + HOUR, {"new_files uk.example": new})


@case
def a_withdrawn_key_makes_no_new_files_and_may_be_published_again():  # C-24 C-25 C-53 C-66
    h, (old, new), hashes = kas()
    later(h, UK, f"withdraw {hashes[1]}", T0 + HOUR, signers=one(h, UK))
    later(h, UK, kas_line(h.who(UK).kas[1]), T0 + 2 * HOUR)
    return ask(h, f"@{T0 + HOUR}", {"new_files uk.example": old}, T0 + 2 * HOUR, {"new_files uk.example": new})


@case
def a_withdrawn_publication_still_keeps_others_from_the_key():  # C-25 C-53
    h, (kid,), hashes = kas(count=1)
    h.state(UK, f"withdraw {hashes[0]}", T0)
    later(h, AU, kas_line(h.who(UK).kas[0]), T0 + HOUR)
    return ask(h, T0 + HOUR, {"new_files uk.example": None, "keys au.example": 0})


@case
def a_members_publication_comes_before_a_partners():  # C-25
    j = Joined()
    spki = j.jp.kas[0]
    later(j.h, PJ, kas_line(spki), T0)
    later(j.h, UK, kas_line(spki), T0 + HOUR)
    return ask(j.h, f"@{T0}", {"keys jp.example": 1}, T0, {"keys jp.example": 1, "keys uk.example": 0}, T0 + HOUR,
               {"keys jp.example": 0, "keys uk.example": 1})


@case
def of_two_partners_the_earlier_publication_comes_first():  # C-25
    j = Joined()
    kr = j.h.add(j.h.partners[1].proposal(j.h.world))
    j.consent_all(kr, T0)
    later(j.h, PJ, kas_line(j.jp.kas[0]), T0 + 1)
    later(j.h, PJ + 1, kas_line(j.jp.kas[0]), T0)
    return ask(j.h, T0 + 1, {"keys jp.example": 0, "keys kr.example": 1})


def one_kid_for_two_keys(successor):
    """jp publishes two keys under one kid, the second by the officers of another proposal or of the same; then the second as a data key."""
    j = Joined()
    if successor:
        j.successor(T0 + HOUR)
    signers = j.h.partners[-1].officers[:2] if successor else None
    later(j.h, PJ, issuer_line(j.jp.sso, "a", j.jp.issuing[0], T0 + DAY), T0)
    later(j.h, PJ, issuer_line(j.jp.sso, "a", j.jp.issuing[1], T0 + DAY), T0 + HOUR, signers=signers)
    later(j.h, PJ, kas_line(j.jp.issuing[1]), T0 + 2 * HOUR, signers=signers)
    return j.h


@case
def what_another_readings_kid_voids_still_owns_its_key():  # C-25 C-26
    return ask(one_kid_for_two_keys(True), T0 + 2 * HOUR, {"issuer_keys jp.example": 1, "keys jp.example": 0})


@case
def what_the_same_readings_kid_voids_owns_nothing():  # C-25 C-26
    return ask(one_kid_for_two_keys(False), T0 + 2 * HOUR, {"issuer_keys jp.example": 1, "keys jp.example": 1})


@case
def a_key_that_was_published_again_is_the_newest():  # C-25
    h, (old, new), _ = kas()
    later(h, UK, kas_line(h.who(UK).kas[0]), T0 + HOUR)
    return ask(h, f"@{T0}", {"new_files uk.example": new}, T0 + HOUR, {"new_files uk.example": old})


@case
def a_retirement_ahead_of_its_time_counts_now():  # C-51 C-66
    h, (old, new), _ = kas()
    later(h, UK, f"retire {new}", T0 + 5 * HOUR)
    return ask(h, T0, {"new_files uk.example": old}, f"@{T0}", {"new_files uk.example": new})


@case
def a_withdrawn_issuer_key_is_none():  # C-24 C-26 C-53
    h = History(World())
    uk = h.who(UK)
    later(h, UK, issuer_line(uk.issuer, "k", uk.issuing[0], T0 + DAY), T0)
    later(h, UK, f"withdraw {made(h)}", T0 + HOUR, signers=one(h, UK))
    h.state(UK, issuer_line(uk.issuer, "k", uk.issuing[1], T0 + DAY), T0 + HOUR)
    return ask(h, f"@{T0}", {"issuer_keys uk.example": 1}, T0 + HOUR, {"issuer_keys uk.example": 0})


@case
def a_seal_key_is_stopped_and_retired_like_a_data_key():  # C-66 C-67
    h = History(World())
    line = seal_line(h.who(UK).seals[0].raw)
    later(h, UK, line, T0)
    kid = line.split(" ")[1]
    h.state(UK, f"stop key {kid}", T0)
    later(h, UK, f"retire {kid}", T0 + HOUR)
    return ask(h, T0 + HOUR, {"keys uk.example": 1, "stops ": 1})
