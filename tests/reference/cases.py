"""Hard cases, each with what must follow from it. A case returns a history and what is wanted of its state at each time."""
import texts
from world import DAY, HOUR, RSA, T0, History, Signer, World, issuer_line, kas_line, name_of, note, seal_line, time

CASES = {}
AU, UK, US = range(3)
MEMBERS = ["au.example quantum", "uk.example quantum", "us.example quantum"]


def case(function):
    CASES[function.__name__] = function
    return function


def unmet(want, state, at):
    """What of the wanted is not so."""
    return [f"time {at}: {key} is {look(state, key)!r}, wanted {value!r}" for key, value in want.items() if look(state, key) != value]


def look(state, key):
    """answers, clock_floor, may; `<field> <proposal's hash>`; `part <party> <project>` and `closes <party> <project>`; `<field> <party>`."""
    if state is None or key == "none":
        return state
    if key in ("answers", "clock_floor", "may"):
        return state[key]
    kind, _, name = key.partition(" ")
    if kind == "may":
        return [x for x in state["may"] if x.startswith(name + " ")]
    if kind in ("part", "until"):
        return state["parts"][name]["state" if kind == "part" else "closes"]
    if kind == "stopped":
        return state["stopped"][name]
    if kind == "stops":
        return len(state["stops"])
    if name in state["proposals"]:
        proposal = state["proposals"][name]
        given = "".join("g" if c["given"] else "w" if c["withdrawn"] else "l" if c["lapsed"] else "-" for c in proposal["consents"].values())
        return given if kind == "given" else proposal["state" if kind in ("project", "state") else kind]
    party = state["members"].get(name) or state["partners"].get(name)
    return len(party[kind]) if party and isinstance(party[kind], dict) else party and party[kind]


def id_of(proposal):
    return texts.sha256(proposal.encode()).hex()


def begin(world=None, until=T0 + 100 * DAY, consents=(AU, UK), **fields):
    """Some have consented to quantum; the case says what else happens."""
    h = History(world or World())
    proposal = h.propose(**fields)
    for m in consents:
        h.consent(m, proposal, T0, until)
    return h, proposal, id_of(proposal)


def ask(h, *wanted):
    """(time, what is wanted) in pairs."""
    h.times = list(wanted[::2])
    return h, list(wanted[1::2])


def us_consents(at=T0, alive=True, **fields):
    """us's consent, wrong in one thing: not in force."""
    h, p, q = begin()
    if alive:
        h.alive(US, T0)
    h.consent(US, p, at, fields.pop("until", T0 + DAY), alive=False, **fields)
    return ask(h, T0, {"project " + q: "proposed", "given " + q: "gg-", "may": []})


# ---- consents ----

@case
def the_consent_that_is_right_counts():  # C-3 C-9 C-10 C-14 C-15 C-17 C-23
    h, p, q = begin()
    h.consent(US, p, T0 + 60, T0 + DAY)
    return ask(h, T0 - 121, {"project " + q: "proposed", "given " + q: "---"}, T0 + 60, {"project " + q: "active", "since " + q: T0 + 60,
               "may": MEMBERS}, T0 + DAY, {"project " + q: "lapsed", "given " + q: "ggl"})


@case
def a_consent_after_its_not_after_is_void():  # C-10
    return us_consents(at=T0 - 8 * DAY)


@case
def a_consent_at_the_second_of_its_not_after_counts():  # C-10
    h, p, q = begin()
    h.alive(US, T0)
    h.consent(US, p, T0 - HOUR, T0 + DAY, alive=False, not_after=T0)
    return ask(h, T0, {"project " + q: "active"})


@case
def a_consent_signed_for_later_than_the_skew_is_void():  # C-10
    return us_consents(at=T0 + 121)


@case
def a_consent_signed_120_s_ahead_of_the_alive_counts():  # C-10
    h, p, q = begin()
    h.alive(US, T0)
    h.consent(US, p, T0 + 120, T0 + DAY, alive=False)
    return ask(h, T0, {"project " + q: "active"})


@case
def a_consent_good_for_more_than_30_days_is_void():  # C-1
    return us_consents(not_after=T0 + 30 * DAY + 1)


@case
def a_consent_before_any_alive_is_void_for_ever():  # C-10 C-11
    h, p, q = begin()
    entry = h.consent(US, p, T0, T0 + DAY, alive=False)
    h.alive(US, T0)
    h.raw(US, entry)
    return ask(h, T0, {"project " + q: "proposed"})


@case
def a_replayed_consent_brings_nothing_back():  # C-11
    h, p, q = begin()
    entry = h.consent(US, p, T0, T0 + HOUR)
    h.alive_all(T0 + HOUR)
    h.raw(US, entry)
    return ask(h, T0 + HOUR - 1, {"project " + q: "active"}, T0 + HOUR, {"project " + q: "lapsed"})


@case
def a_text_that_was_void_once_is_void_again():  # C-11
    h, p, q = begin()
    h.alive(US, T0 - DAY)
    entry = h.consent(US, p, T0, T0 + DAY, alive=False)  # the newest alive is a day too old
    h.alive(US, T0)
    h.raw(US, entry)
    return ask(h, T0, {"project " + q: "proposed"})


@case
def an_undersigned_entry_decides_nothing():  # C-9 C-11
    h, p, q = begin()
    h.consent(US, p, T0, T0 + DAY, signers=h.world.parties[US].officers[:1])
    before = h.text_of(US, f"consent {name_of(p)} until {time(T0 + DAY)}", T0, says=texts.says(texts.parse(p.encode())))
    h.raw(US, note(before, h.world.parties[US].officers[1:]))
    return ask(h, T0, {"project " + q: "active"})


@case
def a_quorum_one_short_is_none():  # C-9
    h, p, q = begin()
    h.consent(US, p, T0, T0 + DAY, signers=h.world.parties[US].officers[:1])
    return ask(h, T0, {"project " + q: "proposed"})


@case
def one_officer_with_two_lines_is_one():  # C-2
    h, p, q = begin()
    officer = h.world.parties[US].officers[0]
    again = Signer("us.example/officer/poe", seed=officer.name)  # the same key under another officer's name
    h.consent(US, p, T0, T0 + DAY, signers=[officer, again])
    h.consent(US, p, T0, T0 + 2 * DAY, alive=False, signers=[officer, officer])
    return ask(h, T0, {"project " + q: "proposed"})


@case
def a_bad_signature_by_an_officer_spoils_two_good_ones():  # C-2
    h, p, q = begin()
    officers = h.world.parties[US].officers
    entry = h.consent(US, p, T0, T0 + DAY)
    h.ops.pop()
    h.raw(US, entry + officers[2].sign(b"another text\n"))
    return ask(h, T0, {"project " + q: "proposed"})


@case
def a_bad_signature_by_a_key_that_is_not_asked_is_ignored():  # C-2
    h, p, q = begin()
    entry = h.consent(US, p, T0, T0 + DAY)
    h.ops.pop()
    h.raw(US, entry + h.world.parties[US].log.sign(b"x\n") + h.world.parties[UK].officers[0].sign(b"x\n"))
    return ask(h, T0, {"project " + q: "active"})


@case
def another_members_officers_sign_nothing():  # C-8 C-9
    h, p, q = begin()
    h.alive(US, T0)
    h.consent(US, p, T0, T0 + DAY, alive=False, signers=World().parties[UK].officers)
    h.consent(US, p, T0, T0 + 2 * DAY, alive=False, log=UK)
    h.consent(US, p, T0, T0 + 3 * DAY, alive=False, signers=[h.world.parties[US].log, h.world.parties[US].access])
    return ask(h, T0, {"project " + q: "proposed"})


@case
def a_consent_of_another_charter_is_void():  # C-8
    return us_consents(charter=name_of("another"))


@case
def a_consent_of_another_epoch_is_void():  # C-8
    return us_consents(epoch=2)


@case
def a_consent_with_a_wrong_epoch_hash_is_void():  # C-8
    return us_consents(epoch_hash=name_of("another"))


@case
def a_consent_whose_says_is_another_proposals_is_void():  # C-3 C-14
    return us_consents(says="project; project quantum")


@case
def a_consent_longer_than_the_proposal_is_void():  # C-14
    return us_consents(until=T0 + 1000 * DAY + 1)


@case
def a_consent_that_ran_out_as_it_was_entered_is_void():  # C-14
    return us_consents(until=T0)


@case
def a_consent_to_an_unknown_text_waits_for_it():  # C-14 C-16
    h, p, q = begin()
    h.consent(US, p, T0, T0 + DAY)
    h.order = 8  # the logs first, then the texts
    return ask(h, T0, {"project " + q: "active"})


@case
def a_renewal_leaves_no_gap_and_a_shorter_consent_takes_nothing():  # C-15
    h, p, q = begin()
    h.consent(US, p, T0, T0 + HOUR)
    h.consent(US, p, T0 + HOUR, T0 + 4 * HOUR)
    h.consent(US, p, T0 + 2 * HOUR, T0 + 2 * HOUR + 60)
    return ask(h, T0 + HOUR, {"project " + q: "active", "since " + q: T0}, T0 + 3 * HOUR, {"project " + q: "active", "since " + q: T0})


# ---- alive ----

@case
def an_alive_far_ahead_is_held_back_and_voids_what_goes_back():  # C-7 C-12 C-27 C-31
    h, p, q = begin(consents=(AU, UK, US))
    h.alive(UK, T0 + 900 * DAY)
    h.alive(UK, T0 + DAY)
    h.alive(AU, T0 + DAY)
    h.alive(US, T0 + DAY)
    return ask(h, T0 + DAY, {"project " + q: "active", "alive uk.example": T0, "clock_floor": T0 + DAY - 120}, T0 + DAY + 1, {"project " + q: "unheard"})


@case
def a_consent_behind_a_future_alive_is_held_back():  # C-12
    h, p, q = begin()
    h.consent(US, p, T0 + 10 * HOUR, T0 + DAY)
    return ask(h, T0 + 10 * HOUR - 121, {"project " + q: "proposed"}, T0 + 10 * HOUR - 120, {"project " + q: "active"})


@case
def an_alive_needs_the_log_key_its_index_and_its_author():  # C-7
    h, p, q = begin()
    h.alive(US, T0, signer=h.world.parties[US].officers[0])
    h.alive(US, T0, shift=-1)
    h.alive(US, T0, by=UK)
    h.alive(US, T0, charter=name_of("another"))
    h.consent(US, p, T0, T0 + DAY, alive=False)
    return ask(h, T0, {"project " + q: "proposed", "alive us.example": None, "size us.example": 5})


@case
def freshness_ends_a_second_after_f():  # C-27 C-28
    h, p, q = begin(world=World(fresh="10h"), consents=(AU, UK, US))
    return ask(h, T0 + 10 * HOUR, {"project " + q: "active"}, T0 + 10 * HOUR + 1, {"project " + q: "unheard", "given " + q: "ggg", "may": []})


@case
def a_clock_behind_two_members_answers_nothing():  # C-23 C-31
    h, p, q = begin(consents=(AU, UK, US))
    h.alive(AU, T0 + HOUR)
    h.alive(UK, T0 + HOUR)
    return ask(h, T0 + HOUR - 121, {"answers": False, "may": [], "project " + q: "active"}, T0 + HOUR - 120, {"answers": True})


@case
def nobody_heard_makes_no_floor():  # C-31
    h, p, q = begin(consents=(AU,))
    return ask(h, 0, {"clock_floor": None, "answers": True})


# ---- names ----

def two(**fields):
    h, p, q = begin(consents=(AU, UK, US), until=T0 + 5 * HOUR)
    second = h.propose(title="Second", **fields)
    return h, p, q, second, id_of(second)


@case
def a_second_proposal_waits_until_the_name_is_free():  # C-18 C-20
    h, p, q, second, s = two()
    h.consent_all(second, T0 + HOUR, T0 + DAY)
    return ask(h, T0 + 2 * HOUR, {"project " + q: "active", "project " + s: "proposed", "lineage " + s: False},
               T0 + 5 * HOUR, {"project " + q: "lapsed", "project " + s: "active", "since " + s: T0 + 5 * HOUR, "lineage " + q: False})


@case
def what_ends_in_the_same_second_never_took_the_name():  # C-18
    h, p, q, second, s = two()
    h.consent_all(second, T0 + HOUR, T0 + 5 * HOUR)
    return ask(h, T0 + 5 * HOUR, {"project " + q: "lapsed", "project " + s: "proposed", "since " + s: 0})


@case
def consents_that_never_stood_together_bring_nothing_into_force():  # C-18
    h, p, q = begin(until=T0 + HOUR)
    h.consent(US, p, T0 + HOUR, T0 + DAY)
    return ask(h, T0 + HOUR, {"project " + q: "proposed", "since " + q: 0, "given " + q: "llg"})


@case
def a_successor_ends_its_predecessor_for_ever():  # C-19 C-21
    h, p, q = begin(consents=(AU, UK, US))
    second = h.propose(title="Second", replaces=name_of(p))
    third = h.propose(title="Third", replaces=name_of(second))
    h.consent_all(second, T0 + HOUR, T0 + 3 * HOUR)
    h.consent_all(third, T0 + 2 * HOUR, T0 + 4 * HOUR)
    s, t = id_of(second), id_of(third)
    return ask(h, T0 + HOUR, {"project " + q: "ended", "project " + s: "active", "lineage " + q: True},
               T0 + 2 * HOUR, {"project " + s: "ended", "project " + t: "active", "lineage " + q: True, "lineage " + s: True},
               T0 + 4 * HOUR, {"project " + q: "ended", "project " + s: "ended", "project " + t: "lapsed"})


@case
def what_was_never_in_force_is_no_ancestor():  # C-21
    h, p, q = begin(consents=(AU,))
    second = h.propose(title="Second", replaces=name_of(p))
    h.consent_all(second, T0, T0 + DAY)
    return ask(h, T0, {"project " + id_of(second): "active", "lineage " + q: False, "project " + q: "ended"})


@case
def a_successor_of_another_name_or_of_the_unknown_never_comes():  # C-19
    h, p, q = begin(consents=(AU, UK, US))
    for fields in ({"name": "undersea", "replaces": name_of(p)}, {"name": "cyber", "replaces": name_of("unknown")}):
        h.consent_all(h.propose(**fields), T0, T0 + DAY)
    a, b = map(id_of, h.proposals[1:])
    return ask(h, T0, {"project " + q: "active", "project " + a: "proposed", "project " + b: "proposed"})


@case
def a_successor_that_is_not_the_holders_waits():  # C-18 C-19
    h, p, q = begin(consents=(AU, UK, US))
    second = h.propose(title="Second", replaces=name_of(p))
    third = h.propose(title="Third", replaces=name_of(p))
    h.consent_all(second, T0 + 60, T0 + DAY)
    h.consent_all(third, T0 + 120, T0 + DAY)
    return ask(h, T0 + 120, {"project " + id_of(second): "active", "project " + id_of(third): "proposed", "project " + q: "ended"})


@case
def being_unheard_keeps_the_name():  # C-20
    h, p, q = begin(consents=(AU, UK, US), fresh="1h")
    second = h.propose(title="Second", fresh="40h")
    h.consent_all(second, T0 + 60, T0 + DAY)
    return ask(h, T0 + 2 * HOUR, {"project " + q: "unheard", "project " + id_of(second): "proposed", "may": []})


@case
def two_of_three_are_enough_where_the_rule_says_so():  # C-17 C-23
    h, p, q = begin(world=World(consents="2"), participants=["uk.example", "us.example"], custody="2 of uk.example us.example")
    return ask(h, T0, {"project " + q: "active", "may": ["uk.example quantum", "us.example quantum"]})


@case
def what_is_not_enforced_is_refused_and_still_replaces():  # C-20 C-22
    h, p, q = begin(consents=(AU, UK, US))
    second = h.propose(title="Second", replaces=name_of(p), originator="last")
    third = h.propose(name="undersea", extra=f"labels {name_of('x')}\n")
    labels = h.add(f"charter/v1 proposal labels\ncharter {h.world.id}\ntitle en Labels\npolicy {name_of('policy')}\n")
    for proposal in (second, third, labels):
        h.consent_all(proposal, T0, T0 + DAY)
    return ask(h, T0, {**{"project " + id_of(x): "unenforced" for x in (second, third, labels)}, "project " + q: "ended", "may": [],
                       "given " + id_of(labels): "---"})


@case
def proposals_that_do_not_fit_are_not_kept():  # C-1 C-5 C-39
    h, p, q = begin(consents=(AU, UK, US))
    w = h.world
    for text in (w.project(pillar="iii"), w.project(charter=name_of("another")), w.project(custody="any of au.example uk.example us.example"),
                 w.project(participants=["au.example", "jp.example"]), w.project(custody="2 of au.example uk.example us.example "),
                 w.project(title="\u200bhidden"), w.project().replace("\n", "\r\n"), w.project(until=T0).replace("until", "extra x\nuntil"),
                 f"charter/v1 proposal admit\ncharter {w.id}\nparty uk.example {name_of('x')}\nproject quantum\nrole reader\nfiles all\n"
                 "from 2026-11-01T00:00:00Z\nuntil 2027-12-01T00:00:00Z\n"):
        h.proposals.append(text)
    return ask(h, T0, {"project " + q: "active"})


# ---- keys ----

def key_case(lines, *wanted, world=None):
    """(member, time, line) each behind an alive of that time."""
    h = History(world or World())
    for m, at, line in lines:
        h.alive(m, at)
        h.state(m, line, at)
    return ask(h, *wanted)


@case
def keys_count_from_when_they_take_effect():  # C-24
    uk = World().parties[UK]
    lines = [(UK, T0, kas_line(uk.kas[0])), (UK, T0, seal_line(uk.seals[0].raw)), (UK, T0, issuer_line(uk.issuer, "k", uk.issuing[0], T0 + DAY))]
    return key_case(lines, T0 - 121, {"keys uk.example": 0}, T0, {"keys uk.example": 2, "issuer_keys uk.example": 1}, T0 + DAY, {"issuer_keys uk.example": 0})


@case
def a_key_belongs_to_who_published_it_first():  # C-25
    au = World().parties[AU]
    return key_case([(UK, T0, kas_line(au.kas[0])), (AU, T0 - HOUR, kas_line(au.kas[0])), (AU, T0, issuer_line(au.issuer, "k", au.kas[0], T0 + DAY))],
                    T0, {"keys au.example": 1, "keys uk.example": 0, "issuer_keys au.example": 0})


@case
def a_key_of_the_epoch_is_no_seal_key():  # C-24
    w = World()
    keys = [w.parties[UK].officers[1], w.parties[AU].log, w.parties[US].witness, w.parties[UK].access]
    return key_case([(UK, T0, seal_line(k.raw)) for k in keys], T0, {"keys uk.example": 0})


@case
def a_seal_key_that_is_no_point_or_of_small_order_is_void():  # C-6 C-24
    small = [bytes(32), bytes([1]) + bytes(31), b"\xff" * 32, bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    good = World().parties[UK].seals[0].raw
    return key_case([(UK, T0, seal_line(raw)) for raw in [*small, good]], T0, {"keys uk.example": 1, "size uk.example": 10})


@case
def keys_under_a_wrong_kid_or_algorithm_are_void():  # C-1 C-24
    uk = World().parties[UK]
    spki = uk.kas[0]
    wrong = [kas_line(spki, kid="e-0123456789abcdef"), kas_line(spki, alg="ec:secp384r1"), kas_line(spki, kid=texts.kid_of("r", spki)), kas_line(RSA),
             kas_line(spki[:-1]), kas_line(spki + b"\0"), issuer_line(uk.issuer, "k", spki, T0 + DAY, alg="RS256"),
             issuer_line(uk.issuer, "k", spki, T0 + DAY, alg="none"), issuer_line(World().parties[AU].issuer, "k", spki, T0 + DAY),
             issuer_line(uk.issuer + "/", "k", spki, T0 + DAY)]
    return key_case([(UK, T0, line) for line in wrong], T0, {"keys uk.example": 0, "issuer_keys uk.example": 0})


@case
def an_issuers_kid_is_one_key_and_may_be_prolonged():  # C-26
    uk = World().parties[UK]
    lines = [(UK, T0, issuer_line(uk.issuer, "k", uk.issuing[0], T0 + 2 * DAY)), (UK, T0, issuer_line(uk.issuer, "k", uk.issuing[1], T0 + 9 * DAY)),
             (UK, T0, issuer_line(uk.issuer, "k", uk.issuing[0], T0 + DAY))]
    return key_case(lines, T0 + DAY, {"issuer_keys uk.example": 1}, T0 + 2 * DAY, {"issuer_keys uk.example": 0})


# ---- what is not acted on ----

ROTATE = f"rotate log {Signer('us.example/statements', seed='new').line}"


@case
def what_is_not_acted_on_freezes_when_the_quorum_signed_it():  # C-9 C-13
    h, p, q = begin(consents=(AU, UK, US))
    h.state(US, ROTATE, T0, signers=h.world.parties[US].officers[:1])
    h.state(AU, "decline 2.1", T0)
    return ask(h, T0, {"frozen us.example": False, "frozen au.example": True, "answers": False, "may": [], "project " + q: "active"})


@case
def what_is_not_acted_on_freezes_nothing_out_of_its_dates_or_place():  # C-10 C-13
    h, p, q = begin(consents=(AU, UK, US))
    h.state(US, ROTATE, T0 - 10 * DAY)
    h.state(US, ROTATE, T0, epoch=2)
    h.state(US, ROTATE, T0, log=UK)
    return ask(h, T0, {"answers": True})


@case
def a_freeze_does_not_wait_for_a_time_ahead():  # C-13
    h, p, q = begin(consents=(AU, UK, US))
    h.alive(US, T0 + 5 * HOUR)
    h.state(US, ROTATE, T0 + 5 * HOUR)
    return ask(h, T0, {"frozen us.example": True}, f"@{T0}", {"frozen us.example": False})


# ---- logs, genesis ----

@case
def rubbish_takes_its_place_and_nothing_else():  # C-6
    h = History(World())
    for data in (b"", b"\n", b"\n\n", b"charter/v1 alive 0\n", b"\xff\xfe", b"a" * 65536, h.world.genesis):
        h.raw(US, data)
    p = h.propose()
    h.consent_all(p, T0, T0 + DAY)
    return ask(h, T0, {"project " + id_of(p): "active", "size us.example": 9, "answers": True})


@case
def a_broken_log_counts_for_nothing():  # C-32
    h, p, q = begin(consents=(AU, UK, US))
    h.state(UK, kas_line(h.world.parties[UK].kas[0]), T0)
    h.broken.add("uk.example")
    return ask(h, T0, {"project " + q: "unheard", "answers": False, "keys uk.example": 0, "broken uk.example": True})


@case
def what_freezes_in_a_broken_log_still_does():  # C-13 C-32
    h, p, q = begin(consents=(AU, UK, US))
    h.state(UK, "decline 2.1", T0)
    h.broken.add("uk.example")
    return ask(h, T0, {"frozen uk.example": True, "answers": False})


@case
def a_genesis_short_of_one_quorum_is_none():  # C-4
    h, p, q = begin(consents=(AU, UK, US))
    h.genesis = note(h.world.text, [o for party in h.world.parties for o in party.officers[:2 if party.name != "uk.example" else 1]])
    return ask(h, T0, {"none": None})


@case
def a_genesis_with_one_bad_signature_is_none():  # C-2 C-4
    h, p, q = begin(consents=(AU, UK, US))
    h.genesis += h.world.parties[AU].officers[2].sign(b"x\n")
    return ask(h, T0, {"none": None})


@case
def sixty_four_signature_lines_are_the_limit():  # C-2
    h, p, q = begin()
    entry = h.consent(US, p, T0, T0 + DAY)
    h.ops.pop()
    strangers = [Signer(f"nobody.example/officer/x{i}").sign(b"x\n") for i in range(63)]
    h.raw(US, entry + b"".join(strangers))
    h.alive(US, T0 + HOUR)
    h.raw(US, entry + b"".join(strangers[:62]))
    return ask(h, T0, {"project " + q: "proposed"}, T0 + HOUR, {"project " + q: "active", "since " + q: T0 + HOUR})
