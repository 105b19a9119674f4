"""Hard cases of partners: proposals, admissions, their logs, and who takes part."""
from cases import AU, MEMBERS, UK, US, ask, case, id_of
from world import DAY, HOUR, PARTNER, T0, History, Partner, World, name_of

JP = "jp.example"
PJ = PARTNER  # its index
PART = "part jp.example quantum"


class Joined:
    """jp takes part in quantum, by everyone's consent from T0 on."""

    def __init__(self, world=None, until=T0 + 100 * DAY, partners=None, requires="", names=None, start=T0 - DAY, admit_until=T0 + 500 * DAY, **project):
        self.h = h = History(world or World(), partners=partners)
        self.jp = h.partners[0]
        self.project, self.party = h.propose(**project), h.add(self.jp.proposal(h.world))
        self.admit = h.add(h.world.admit(JP, names or self.party, start=start, until=admit_until, requires=requires))
        h.alive_all(T0)
        for p in (self.project, self.party, self.admit):
            self.consent_all(p, T0, min(until, admit_until))

    def consent_all(self, proposal, at, until=T0 + 100 * DAY):
        for m in range(len(self.h.world.parties)):
            if at != T0:
                self.h.alive(m, at)
            self.h.consent(m, proposal, at, until, alive=False)

    def successor(self, at, people=("ane", "ben", "cyd"), until=T0 + 100 * DAY, **fields):
        """Another party proposal of jp, in force from `at` on; its officers are partner 2's."""
        self.h.partners.append(Partner(JP, people=people, **fields))
        proposal = self.h.add(self.h.partners[-1].proposal(self.h.world, title="Second", replaces=name_of(self.party)))
        self.consent_all(proposal, at, until)
        return proposal


# ---- consulted, proposed ----

def consulted(words, state, act="note text en ", by=AU):
    h = History(World())
    h.alive(by, T0)
    h.state(by, act + words, T0)
    return ask(h, T0, {"part li.example quantum": state})


@case
def a_note_that_holds_the_name_consults():  # C-58
    return consulted("We talk (li.example), slowly", "consulted")


@case
def a_name_in_a_note_may_end_with_the_sentence():  # C-58
    return consulted("We talk with li.example.", "consulted")


@case
def a_name_within_the_text_may_end_a_sentence():  # C-58
    return consulted("Ask li.example. They know.", "consulted")


@case
def a_longer_name_in_a_note_is_another():  # C-58
    return consulted("wli.example, li.example.org, li.example-x, a/li.example, li.example/b, x.li.example", "none")


@case
def two_final_dots_are_no_end():  # C-58
    return consulted("We talk with li.example..", "none")


@case
def a_capital_is_no_character_of_a_name():  # C-58
    return consulted("Xli.exampleY", "consulted")


@case
def a_note_before_any_alive_consults_nobody():  # C-10 C-58
    h = History(World())
    h.state(AU, "note text en li.example", T0)
    return ask(h, T0, {"part li.example quantum": "none"})


@case
def one_officers_note_is_enough_and_a_held_back_one_is_not():  # C-9 C-12 C-58
    h = History(World())
    h.alive(AU, T0 + HOUR)
    h.state(AU, "note text en li.example", T0 + HOUR, signers=h.world.parties[AU].officers[2:])
    return ask(h, T0 + HOUR - 121, {"part li.example quantum": "none"}, T0 + HOUR - 120, {"part li.example quantum": "consulted"})


@case
def a_partners_note_consults_nobody():  # C-58
    j = Joined()
    j.h.alive(PJ, T0)
    j.h.state(PJ, "note text en li.example", T0)
    return ask(j.h, T0, {"part li.example quantum": "none", PART: "active"})


@case
def a_party_proposal_without_admission_is_proposed():  # C-58
    h = History(World())
    p = h.add(h.partners[0].proposal(h.world))
    h.consent_all(p, T0, T0 + DAY)
    return ask(h, T0, {PART: "proposed", "project " + id_of(p): "active", "alive jp.example": None})


@case
def an_admission_without_party_proposal_or_project_is_proposed():  # C-59
    h = History(World())
    a = h.add(h.world.admit(JP, name_of("nothing")))
    h.consent_all(a, T0, T0 + DAY)
    return ask(h, T0, {PART: "proposed", "project " + id_of(a): "active"})


# ---- active, and the limits ----

@case
def three_proposals_in_force_make_a_partner_take_part():  # C-5 C-16 C-58 C-59
    j = Joined(fresh="12h")
    j.h.order = 56
    return ask(j.h, T0 - 121, {PART: "proposed"}, T0, {PART: "active", "may": sorted([*MEMBERS, JP + " quantum"]),
               "until jp.example quantum": T0 + 12 * HOUR, "until au.example quantum": T0 + 12 * HOUR})


@case
def an_admission_begins_at_its_from_and_ends_at_its_until():  # C-17 C-29 C-59
    j = Joined(start=T0 + HOUR, admit_until=T0 + 2 * HOUR)
    a = id_of(j.admit)
    return ask(j.h, T0 + HOUR - 1, {PART: "proposed", "since " + a: 0}, T0 + HOUR, {PART: "active", "since " + a: T0 + HOUR,
               "until jp.example quantum": T0 + 2 * HOUR}, T0 + 2 * HOUR - 1, {PART: "active"}, T0 + 2 * HOUR, {PART: "ended", "project " + a: "ended"})


@case
def a_from_in_the_second_of_the_last_consent_comes_after_it():  # C-18
    j = Joined(until=T0 + HOUR, fresh="30d")
    early = j.h.add(j.h.world.admit(JP, j.party, until=T0 + 400 * DAY, start=T0 + HOUR))
    late = j.h.add(j.h.world.admit(JP, j.party, until=T0 + 401 * DAY))
    j.consent_all(early, T0)
    for p in (j.project, j.party, late):
        j.consent_all(p, T0 + HOUR)
    return ask(j.h, T0 + HOUR, {"project " + id_of(late): "active", "project " + id_of(early): "proposed", "project " + id_of(j.admit): "lapsed"})


@case
def an_admission_of_another_proposal_is_none():  # C-58 C-59
    return ask(Joined(names=name_of("another")).h, T0, {PART: "proposed"})


@case
def an_admission_of_a_replaced_proposal_is_of_its_successor():  # C-21 C-58
    j = Joined()
    j.successor(T0 + HOUR)
    return ask(j.h, T0, {PART: "active"}, T0 + HOUR, {PART: "active", "project " + id_of(j.party): "ended"})


@case
def an_admission_of_a_successor_waits_for_it():  # C-58 C-59
    h = History(World())
    first = h.partners[0].proposal(h.world)
    second = h.partners[0].proposal(h.world, title="Second", replaces=name_of(first))
    admit = h.world.admit(JP, second)
    for p in (h.propose(), h.add(first), h.add(admit)):
        h.consent_all(p, T0, T0 + DAY)
    h.add(second)
    h.consent_all(second, T0 + HOUR, T0 + DAY)
    return ask(h, T0, {PART: "proposed"}, T0 + HOUR, {PART: "active"})


@case
def a_closed_pillar_closes_whatever_anyone_signed():  # C-59
    return ask(Joined(pillar="i", originator="last").h, T0, {PART: "closed", "part au.example quantum": "unenforced"})


@case
def a_project_that_is_not_enforced_has_no_partners():  # C-22 C-59
    j = Joined(originator="last")
    j.h.alive(PJ, T0)
    j.h.state(PJ, "withdraw charter", T0)
    return ask(j.h, T0, {PART: "unenforced"})


@case
def two_of_three_admit_where_the_rule_says_so():  # C-17
    h = History(World(admit="2"))
    project, party = h.propose(), h.add(h.partners[0].proposal(h.world))
    admit = h.add(h.world.admit(JP, party))
    h.consent_all(project, T0, T0 + DAY)
    for m in (AU, US):
        h.consent(m, party, T0, T0 + DAY)
        h.consent(m, admit, T0, T0 + (HOUR if m == US else DAY))
    return ask(h, T0, {PART: "active", "until jp.example quantum": T0 + HOUR}, T0 + HOUR, {PART: "lapsed", "given " + id_of(admit): "g-l"})


@case
def a_profile_is_for_those_who_consent_by_its_rule():  # C-17 C-20
    h = History(World())
    p = h.add(h.world.profile())
    for m in (AU, UK):
        h.consent(m, p, T0, T0 + DAY)
    return ask(h, T0, {"project " + id_of(p): "active", "fresh " + id_of(p): 48 * HOUR})


@case
def without_a_rule_no_profile_is_in_force():  # C-17
    h = History(World(profile=None))
    p = h.add(h.world.profile())
    h.consent_all(p, T0, T0 + DAY)
    return ask(h, T0, {"project " + id_of(p): "proposed", "given " + id_of(p): "ggg"})


@case
def f_of_an_admission_is_the_smaller_one():  # C-65
    j = Joined(world=World(admit_fresh="10h", fresh="90h"), fresh="60h")
    return ask(j.h, T0 + 10 * HOUR, {PART: "active", "fresh " + id_of(j.admit): 10 * HOUR, "fresh " + id_of(j.party): 10 * HOUR,
               "fresh " + id_of(j.project): 60 * HOUR}, T0 + 10 * HOUR + 1, {PART: "unheard", "part au.example quantum": "active"})


@case
def an_admission_is_no_longer_fresh_than_its_project():  # C-65
    j = Joined(fresh="90m")
    return ask(j.h, T0 + 5400, {PART: "active", "fresh " + id_of(j.admit): 5400, "fresh " + id_of(j.party): 48 * HOUR}, T0 + 5401,
               {PART: "unheard", "project " + id_of(j.party): "active", "project " + id_of(j.admit): "unheard"})


# ---- ended, lapsed ----

@case
def an_admission_whose_consent_was_withdrawn_is_ended():  # C-20 C-53 C-59
    j = Joined()
    consent = next(x for m, act, x in j.h.made if m == UK and name_of(j.admit) in act)
    j.h.alive(UK, T0 + HOUR)
    j.h.state(UK, f"withdraw {consent}", T0 + HOUR, signers=j.h.world.parties[UK].officers[1:2])
    a = id_of(j.admit)
    return ask(j.h, T0 + HOUR - 121, {PART: "ended"}, T0 + HOUR, {PART: "ended", "given " + a: "gwg", "project " + a: "ended"},
               f"@{T0 + HOUR - 121}", {PART: "active"}, f"@{T0 + HOUR - 120}", {PART: "ended"})


@case
def consents_that_ran_out_let_it_lapse():  # C-20 C-59
    j = Joined(until=T0 + HOUR)
    return ask(j.h, T0 + HOUR - 1, {PART: "active"}, T0 + HOUR, {PART: "lapsed"})


def second_project(at, **fields):
    """quantum lapses at T0 + 2 h, another of the name takes it at `at`; jp's admission is of the first."""
    h = History(World())
    party = h.add(h.partners[0].proposal(h.world))
    first = h.propose(fresh="30d")
    admit = h.add(h.world.admit(JP, party))
    h.consent_all(first, T0, T0 + 2 * HOUR)
    for p in (party, admit):
        h.consent_all(p, T0 + HOUR, T0 + 90 * DAY)
    second = h.propose(title="Second", fresh="30d", **(fields | ({"replaces": name_of(first)} if fields.get("replaces") else {})))
    h.consent_all(second, at, T0 + 90 * DAY)
    return h, party, first, second


@case
def an_admission_to_an_earlier_project_of_the_name_is_ended():  # C-59
    h, party, first, second = second_project(T0 + 3 * HOUR)
    return ask(h, T0 + HOUR, {PART: "active"}, T0 + 2 * HOUR, {PART: "lapsed"}, T0 + 3 * HOUR, {PART: "ended", "project " + id_of(second): "active"})


@case
def a_new_admission_to_the_new_project_counts():  # C-19 C-59
    h, party, first, second = second_project(T0 + 3 * HOUR)
    third = h.add(h.world.admit(JP, party, until=T0 + 300 * DAY, replaces=name_of(h.proposals[2])))
    h.consent_all(third, T0 + 9 * HOUR, T0 + 90 * DAY)
    return ask(h, T0 + 9 * HOUR - 121, {PART: "ended"}, T0 + 9 * HOUR, {PART: "active"})


@case
def an_admission_goes_along_with_a_successor_of_its_project():  # C-21 C-59
    h, party, first, second = second_project(T0 + 90 * 60, replaces=True)
    return ask(h, T0 + 90 * 60, {PART: "active", "project " + id_of(first): "ended", "project " + id_of(second): "active"})


@case
def an_earlier_project_that_left_in_the_second_of_the_admission_is_none():  # C-59
    h = History(World())
    first, party = h.propose(), h.add(h.partners[0].proposal(h.world))
    second, admit = h.propose(title="Second"), h.add(h.world.admit(JP, party))
    h.consent_all(first, T0, T0 + HOUR)
    for p in (party, second, admit):
        h.consent_all(p, T0 + HOUR, T0 + DAY)
    return ask(h, T0 + HOUR, {PART: "active", "project " + id_of(first): "lapsed"})


# ---- withdrawals ----

@case
def a_partner_withdraws_from_a_project_for_ever():  # C-9 C-63
    j = Joined()
    j.h.alive(PJ, T0 + HOUR)
    j.h.state(PJ, "withdraw project quantum", T0 + HOUR, signers=j.jp.officers[:1])
    j.h.alive(PJ, T0 + 2 * HOUR)
    j.h.state(PJ, "withdraw project quantum", T0 + 2 * HOUR)
    return ask(j.h, T0 + 2 * HOUR - 121, {PART: "withdrawn"}, f"@{T0 + HOUR}", {PART: "active"}, f"@{T0 + 2 * HOUR - 120}", {PART: "withdrawn"},
               f"@{T0 + 2 * HOUR - 121}", {PART: "active"})


@case
def to_withdraw_from_another_project_is_another_thing():  # C-63
    j = Joined()
    j.h.alive(PJ, T0)
    j.h.state(PJ, "withdraw project undersea", T0)
    j.h.state(PJ, "withdraw membership", T0)
    j.h.state(AU, "withdraw charter", T0)
    return ask(j.h, T0, {PART: "active", "part au.example quantum": "active", "withdrawn au.example": False})


@case
def who_withdraws_from_the_charter_takes_part_in_nothing():  # C-54 C-63
    j = Joined()
    j.h.alive(PJ, T0)
    j.h.state(PJ, "withdraw charter", T0)
    return ask(j.h, T0, {PART: "withdrawn", "withdrawn jp.example": True, "project " + id_of(j.party): "active"})


@case
def a_withdrawal_before_any_alive_is_void_for_ever():  # C-10 C-11 C-51
    j = Joined()
    entry = j.h.state(PJ, "withdraw charter", T0)
    j.h.alive(PJ, T0)
    j.h.raw(PJ, entry)
    return ask(j.h, T0, {PART: "active"})


@case
def who_leaves_consents_no_more():  # C-15 C-63
    j = Joined()
    j.h.alive(US, T0 + HOUR)
    j.h.state(US, "withdraw membership", T0 + HOUR)
    j.h.consent(US, j.project, T0 + 2 * HOUR, T0 + DAY)
    p = id_of(j.project)
    return ask(j.h, T0 + HOUR - 121, {"project " + p: "ended"}, f"@{T0 + HOUR - 121}", {"project " + p: "active", PART: "active"},
               T0 + 2 * HOUR, {"project " + p: "ended", "given " + p: "ggw", "part us.example quantum": "withdrawn", PART: "ended"})


@case
def a_member_that_left_a_project_still_consents():  # C-15 C-63
    j = Joined()
    j.h.state(US, "withdraw project quantum", T0)
    return ask(j.h, T0, {"project " + id_of(j.project): "active", "part us.example quantum": "withdrawn", PART: "active"})
