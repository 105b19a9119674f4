"""Hard cases of stops, resumes, withdrawals, officers' keys and times ahead."""
import texts
from cases import AU, UK, US, ask, begin, case, id_of
from cases_partner import PART, PJ, Joined
from world import DAY, HOUR, T0, History, World, name_of, note, time

STOP = "stop partner jp.example"
FILE = "5d2f6c3a-0000-4000-8000-000000000000"


def made(h, at=-1):
    """The hash of a statement, by when it was made."""
    return h.made[at][2]


def ref(signer):
    return f"{signer.name}+{signer.id.hex()}"


def later(h, m, act, at, **fields):
    h.alive(m, at)
    return h.state(m, act, at, **fields)


def one(h, m, n=0):
    return h.who(m).officers[n:n + 1]


# ---- what a stop suspends ----

def stops(act, **want):
    j = Joined()
    j.h.state(UK, act.replace("ADMIT", name_of(j.admit)).replace("PARTY", name_of(j.party)).replace("PROJECT", name_of(j.project)), T0, signers=one(j.h, UK))
    j.h.asks.append("project undersea")
    return ask(j.h, T0, {"part " + k.replace("_", ".") + ".example quantum": v for k, v in want.items()})


@case
def one_officer_of_any_member_stops_a_partner():  # C-9 C-60
    return stops(STOP, jp="suspended", au="active")


@case
def a_partner_is_stopped_in_one_project():  # C-60
    return stops(STOP + " project quantum", jp="suspended", uk="active")


@case
def a_stop_in_another_project_is_none_here():  # C-60
    return stops(STOP + " project undersea", jp="active")


@case
def a_member_is_stopped_too():  # C-60
    return stops("stop partner au.example", jp="active", au="suspended", uk="active")


@case
def a_member_stops_itself():  # C-60
    return stops("stop partner uk.example project quantum", jp="active", uk="suspended")


@case
def a_stop_of_a_project_suspends_everyone():  # C-20 C-60
    return stops("stop project quantum", jp="suspended", au="suspended")


@case
def a_stop_of_the_projects_proposal_suspends_everyone():  # C-20 C-60
    return stops("stop proposal PROJECT", jp="suspended", au="suspended")


@case
def a_stop_of_the_admission_suspends_its_partner():  # C-20 C-60
    return stops("stop proposal ADMIT", jp="suspended", au="active")


@case
def a_stop_of_the_party_proposal_suspends_its_partner():  # C-20 C-60
    return stops("stop proposal PARTY", jp="suspended", au="active")


@case
def a_stopped_proposal_keeps_its_name():  # C-20
    h, p, q = begin(consents=(AU, UK, US))
    second = h.propose(title="Second")
    h.consent_all(second, T0 + 60, T0 + DAY)
    h.state(AU, f"stop proposal {name_of(p)}", T0 + 60)
    return ask(h, T0 + 60, {"project " + q: "suspended", "holds " + q: True, "project " + id_of(second): "proposed", "may": []})


@case
def what_has_ended_is_not_suspended():  # C-20
    h, p, q = begin(consents=(AU, UK, US))
    withdrawn = made(h)
    h.state(AU, f"stop proposal {name_of(p)}", T0)
    later(h, US, f"withdraw {withdrawn}", T0 + HOUR)
    return ask(h, f"@{T0}", {"project " + q: "suspended"}, T0 + HOUR, {"project " + q: "ended"})


@case
def persons_and_files_are_stopped_by_whom_they_concern():  # C-60 C-74
    h = History(World())
    h.state(UK, "stop person x@au.example", T0, signers=one(h, UK))
    h.state(UK, f"stop file {FILE}", T0)
    h.asks += ["person x@au.example", "person y@au.example", f"file {FILE} uk.example us.example", f"file {FILE} au.example uk.example",
               f"file {FILE} au.example us.example"]
    return ask(h, T0, {"stopped person x@au.example": True, "stopped person y@au.example": False, f"stopped file {FILE} uk.example us.example": True,
               f"stopped file {FILE} au.example uk.example": True, f"stopped file {FILE} au.example us.example": False})


# ---- from when to when ----

@case
def a_stop_before_any_alive_has_always_been_there():  # C-51
    h = History(World())
    h.state(US, STOP, T0 + DAY)
    return ask(h, T0 - DAY, {"stops ": 1}, f"@{T0 - DAY}", {"stops ": 1})


@case
def a_stop_whose_alive_is_ahead_counts_now():  # C-12 C-51
    j = Joined()
    j.h.alive(US, T0 + 9 * DAY)
    j.h.state(US, STOP, T0 + 9 * DAY)
    return ask(j.h, T0, {PART: "suspended", "alive us.example": T0}, f"@{T0}", {PART: "active"}, f"@{T0 + 60}", {PART: "active"})


@case
def as_of_leaves_out_what_took_effect_after_its_horizon():  # C-51
    j = Joined()
    later(j.h, AU, STOP, T0 + HOUR)
    return ask(j.h, f"@{T0 + HOUR - 121}", {PART: "active", "alive au.example": T0}, f"@{T0 + HOUR - 120}", {PART: "suspended"}, T0, {PART: "suspended"})


@case
def as_of_leaves_out_later_alives_of_the_clock_floor_too():  # C-31 C-51
    h, p, q = begin(consents=(AU, UK, US))
    h.alive_all(T0 + DAY)
    return ask(h, T0, {"answers": False, "clock_floor": T0 + DAY - 120}, f"@{T0}", {"answers": True, "clock_floor": T0 - 120})


def named_by(m, at, act, **fields):
    """A proposal of jp as a party, that m alone has named by a statement of that time."""
    h = History(World())
    p = h.add(h.partners[0].proposal(h.world))
    if act:
        later(h, m, act.replace("PARTY", name_of(p)), at, signers=one(h, m))
    else:
        h.consent(m, p, at, at + DAY, **fields)
    return h, "project " + id_of(p)


@case
def as_of_a_proposal_is_known_once_a_members_note_names_it():  # C-51
    h, state = named_by(UK, T0, "note proposal PARTY")
    return ask(h, f"@{T0 - 121}", {state: None}, f"@{T0 - 120}", {state: "proposed"}, T0 - 121, {state: "proposed"})


@case
def as_of_a_proposal_is_known_once_a_good_consent_names_it():  # C-14 C-51
    h, state = named_by(UK, T0, None)
    later(h, UK, f"withdraw {made(h)}", T0 + HOUR)
    return ask(h, f"@{T0 - 121}", {state: None}, f"@{T0 - 120}", {state: "proposed"}, f"@{T0 + HOUR}", {state: "proposed"})


@case
def as_of_no_bad_consent_makes_a_proposal_known():  # C-14 C-51
    h, state = named_by(UK, T0, None, says="project quantum")
    return ask(h, f"@{T0}", {state: None}, T0, {state: "proposed"})


@case
def as_of_no_other_note_and_no_partners_makes_a_proposal_known():  # C-51
    j = Joined()
    kr = j.h.add(j.h.partners[1].proposal(j.h.world))
    later(j.h, PJ, f"note proposal {name_of(kr)}", T0, signers=one(j.h, PJ))
    later(j.h, AU, f"note text en {name_of(kr)}", T0)
    j.h.state(AU, f"note proposal {name_of(kr)}", T0, signers=[])
    return ask(j.h, f"@{T0}", {"project " + id_of(kr): None, PART: "active"}, T0, {"project " + id_of(kr): "proposed"})


@case
def a_withdrawal_ahead_of_its_time_counts_now():  # C-51 C-53
    j = Joined()
    consent = next(x for m, act, x in j.h.made if m == US and name_of(j.project) in act)
    later(j.h, US, f"withdraw {consent}", T0 + 5 * HOUR)
    return ask(j.h, T0 + 1, {PART: "ended", "given " + id_of(j.project): "ggw"}, f"@{T0 + 1}", {PART: "active"})


@case
def a_resume_ahead_of_its_time_waits():  # C-12 C-61
    j = Joined()
    j.h.state(US, STOP, T0)
    later(j.h, US, f"resume {made(j.h)}", T0 + 5 * HOUR)
    return ask(j.h, T0 + 5 * HOUR - 121, {PART: "suspended"}, T0 + 5 * HOUR - 120, {PART: "active"})


@case
def any_epoch_will_do_for_a_stop_and_no_other_charter():  # C-8
    j = Joined()
    j.h.state(US, STOP, T0, epoch=7, epoch_hash=name_of("x"), log=AU)
    j.h.state(US, "stop project quantum", T0, charter=name_of("another"))
    j.h.state(US, "stop partner uk.example", T0, signers=j.h.world.parties[AU].officers)
    j.h.state(US, "stop partner us.example", T0, signers=[j.h.world.parties[US].log])
    return ask(j.h, T0, {PART: "suspended", "part us.example quantum": "active", "stops ": 1})


@case
def a_stop_that_is_heard_elsewhere_first_stands_there():  # C-8 C-52
    j = Joined()
    h = j.h
    entry = later(h, UK, STOP, T0 + HOUR, signers=one(h, UK))
    h.alive(US, T0 + 60)
    h.raw(US, entry)
    return ask(h, f"@{T0 + 60}", {PART: "suspended", "stops ": 1}, f"@{T0 - 61}", {PART: "active"})


# ---- resumes ----

def stopped(at=T0 + HOUR):
    j = Joined(fresh="30d")
    later(j.h, US, STOP, at)
    return j, made(j.h)


@case
def a_stop_ends_by_its_own_partys_resume():  # C-61
    j, stop = stopped()
    later(j.h, US, f"resume {stop}", T0 + 2 * HOUR)
    return ask(j.h, f"@{T0 + 2 * HOUR - 121}", {PART: "suspended"}, T0 + 2 * HOUR, {PART: "active", "stops ": 0})


@case
def nobody_elses_resume_ends_a_stop():  # C-61
    j, stop = stopped()
    later(j.h, AU, f"resume {stop}", T0 + 2 * HOUR)
    later(j.h, PJ, f"resume {stop}", T0 + 2 * HOUR)
    return ask(j.h, T0 + 2 * HOUR, {PART: "suspended"})


@case
def one_officer_stops_and_the_quorum_resumes():  # C-9 C-61
    j, stop = stopped()
    later(j.h, US, f"resume {stop}", T0 + 2 * HOUR, signers=one(j.h, US))
    return ask(j.h, T0 + 2 * HOUR, {PART: "suspended"})


@case
def a_resume_before_its_stop_voids_it_wherever_it_turns_up():  # C-61
    j = Joined(fresh="30d")
    h = j.h
    text = h.text_of(US, STOP, T0)
    later(h, US, f"resume {name_of(text)}", T0 + HOUR)
    for m in (UK, US):
        h.alive(m, T0 + 2 * HOUR)
        h.raw(m, note(text, one(h, US)))
    return ask(h, T0 + 2 * HOUR, {PART: "active", "stops ": 0})


@case
def a_withdrawn_resume_lets_the_stop_stand_again():  # C-53 C-61
    j, stop = stopped()
    later(j.h, US, f"resume {stop}", T0 + 2 * HOUR)
    later(j.h, US, f"withdraw {made(j.h)}", T0 + 3 * HOUR, signers=one(j.h, US, 1))
    return ask(j.h, f"@{T0 + 3 * HOUR - 121}", {PART: "active"}, T0 + 3 * HOUR, {PART: "suspended"})


@case
def a_resume_that_was_withdrawn_before_never_counts():  # C-53
    j, stop = stopped()
    text = j.h.text_of(US, f"resume {stop}", T0 + 2 * HOUR)
    j.h.alive(US, T0 + 2 * HOUR)
    j.h.state(US, f"withdraw {name_of(text)}", T0 + 2 * HOUR)
    j.h.raw(US, note(text, j.h.world.parties[US].officers))
    return ask(j.h, T0 + 2 * HOUR, {PART: "suspended"})


@case
def a_withdrawal_ends_no_stop_and_no_withdrawal():  # C-53
    j, stop = stopped()
    consent = next(x for m, act, x in j.h.made if m == US and name_of(j.project) in act)
    for target in (stop, consent):
        j.h.state(US, f"withdraw {target}", T0 + HOUR)
    j.h.state(US, f"withdraw {made(j.h)}", T0 + HOUR)
    return ask(j.h, T0 + HOUR, {PART: "ended", "stops ": 1})


@case
def a_second_stop_of_the_same_stands_by_itself():  # C-61
    j, stop = stopped()
    j.h.state(US, STOP, T0 + HOUR + 1)
    j.h.state(US, f"resume {stop}", T0 + HOUR)
    return ask(j.h, T0 + HOUR, {PART: "suspended", "stops ": 1})


# ---- withdrawn consents ----

def consents(again_at=None, same_text=False):
    h, p, q = begin()
    entry = h.consent(US, p, T0, T0 + DAY)
    consent = made(h)
    later(h, US, f"withdraw {consent}", T0 + HOUR, signers=one(h, US))
    if same_text:
        h.raw(US, entry)
    elif again_at:
        h.consent(US, p, again_at, T0 + DAY)
    return h, q


@case
def a_consent_ends_by_its_withdrawal():  # C-15 C-20 C-53
    h, q = consents()
    return ask(h, f"@{T0 + HOUR - 121}", {"project " + q: "active"}, T0 + HOUR, {"project " + q: "ended", "given " + q: "ggw"})


@case
def the_same_text_again_is_no_new_consent():  # C-11 C-53
    h, q = consents(same_text=True)
    return ask(h, T0 + HOUR, {"project " + q: "ended"})


@case
def a_new_consent_in_the_second_of_the_withdrawal_leaves_no_gap():  # C-15 C-53
    h, q = consents(again_at=T0 + HOUR)
    return ask(h, T0 + HOUR, {"project " + q: "active", "since " + q: T0})


@case
def a_new_consent_a_second_later_takes_the_name_anew():  # C-18 C-53
    h, q = consents(again_at=T0 + HOUR + 1)
    return ask(h, T0 + HOUR + 1, {"project " + q: "active", "since " + q: T0 + HOUR + 1})


@case
def a_withdrawal_before_its_consent_is_for_ever():  # C-53
    h, p, q = begin()
    text = h.text_of(US, f"consent {name_of(p)} until {time(T0 + DAY)}", T0, says=texts.says(texts.parse(p.encode())))
    later(h, US, f"withdraw {name_of(text)}", T0)
    h.raw(US, note(text, h.world.parties[US].officers))
    return ask(h, T0, {"project " + q: "proposed", "given " + q: "gg-"})


@case
def a_withdrawal_in_another_log_is_none():  # C-8 C-53
    h, p, q = begin(consents=(AU, UK, US))
    h.state(AU, f"withdraw {made(h)}", T0)
    h.state(US, f"withdraw {made(h, -2)}", T0, log=UK)
    return ask(h, T0, {"project " + q: "active"})


@case
def what_ran_out_and_was_not_withdrawn_has_lapsed():  # C-20
    h, p, q = begin(consents=(AU, UK, US), until=T0 + HOUR)
    later(h, US, f"withdraw {made(h)}", T0 + 2 * HOUR)
    return ask(h, T0 + 2 * HOUR, {"project " + q: "lapsed", "given " + q: "lll"})
