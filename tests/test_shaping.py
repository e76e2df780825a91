"""Shaping: what each term pays on trees made by hand, what it does to optimal policies, and that RL credits it.

Optimal policies are exact: dynamic programming over everything that can be thought, ways back included.
"""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from metacot.envs import ReasoningEnv, Shaped, TextReasoning, Trial
from metacot.rewards import (
    ClippedDelta,
    Cut,
    Delta,
    Format,
    Length,
    MinForm,
    OracleValue,
    Potential,
    Progress,
    Revisit,
    Reward,
    Shaping,
    Sum,
    make_credit,
    make_reward,
)
from metacot.tasks import make

TASK = make("game24")
BUDGET = 10
VALUED = ("sum", "delta", "clipped", "potential:cursor", "potential:best", "min", "progress", "cut")


class ByHand:
    """A value by the number of numbers left and whether 13 is among them; counts how many states it was asked for."""

    name = "by hand"

    def __init__(self, **values):
        self.by_brief = values
        self.asked = 0

    def values(self, task, states):
        self.asked += len(states)
        return [self.by_brief[task.brief(state)] for state in states]


VALUES = {"4 9 10 13": 0.5, "10 13 13": 0.2, "4 4 10": 0.9, "4 6": 0.8, "24": 1.0}
LINES = ("9 + 4", "back #0", "13 - 9", "back #1", "back #2", "back #2", "10 - 4", "nonsense", "4 * 6", "answer")


def paid(term, lines=LINES, budget=BUDGET, **options):
    """What a term pays for each line of a thought about 4 9 10 13."""
    env = TextReasoning(TASK, budget=budget, rewards=[(term, 1.0)], **options)
    env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
    return [env.step(line)[1] for line in lines]


def by_hand():
    return ByHand(**VALUES)


# what each pays ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (Sum(by_hand()), [-0.03, 0.0, 0.04, -0.03, 0.04, 0.04, 0.03, 0.03, 0.05, 0.0]),
        (Delta(by_hand()), [-0.3, 0.3, 0.4, -0.7, 0.7, 0.0, -0.1, 0.0, 0.2, 0.0]),
        (ClippedDelta(by_hand(), 0.5), [-0.6, 0.6, 0.0, -0.6, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (Potential(by_hand(), "cursor"), [-0.3, 0.3, 0.4, -0.7, 0.7, 0.0, -0.1, 0.0, 0.2, -0.5]),
        (Potential(by_hand(), "best"), [0.0, 0.0, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, -0.5]),
        (MinForm(by_hand()), [-0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (Progress(by_hand()), [-0.03, 0.0, 0.04, 0.0, 0.0, 0.0, -0.01, 0.0, 0.02, 0.0]),
        (Cut(by_hand()), [0.0, 0.0, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0]),
        (Format(), [0, 0, 0, 0, 0, 0, 0, -0.1, 0, 0]),
        (Revisit(), [0, 0, 0, 0, 0, -0.1, 0, 0, 0, 0]),
        (Length(), [-0.1] * 9 + [0.0]),
        (Length("tokens", 100), [-0.03, -0.02, -0.03, -0.02, -0.02, -0.02, -0.03, -0.01, -0.03, -0.01]),
    ],
    ids=lambda found: getattr(found, "name", ""),
)
def test_what_each_term_pays_on_a_thought_made_by_hand(term, expected):
    assert isinstance(term, Reward)
    assert paid(term) == pytest.approx(expected)


def test_a_way_back_costs_what_the_cursor_loses_and_nothing_under_best_and_progress():
    away, promising = LINES.index("back #1"), 0.9
    assert paid(Potential(by_hand(), "cursor"))[away] == pytest.approx(0.2 - promising)
    assert paid(Potential(by_hand(), "cursor", 0.5))[away] == pytest.approx(0.5 * (0.2 - 0.5) - (promising - 0.5))
    assert paid(Potential(by_hand(), "best", 0.5))[away] == pytest.approx((0.5 - 1) * (0.9 - 0.5))
    for term in (Potential(by_hand(), "best"), Progress(by_hand()), Cut(by_hand())):
        assert [paid(term)[place] for place, line in enumerate(LINES) if line.startswith("back")] == [0.0] * 4


def test_a_state_is_charged_when_it_is_reached_again_in_whatever_way_but_a_way_back():
    lines = ("9 + 4", "back #0", "9 + 4", "back #0", "13 - 9", "back #0", "10 - 9", "10 - 4")
    assert paid(Revisit(), lines) == pytest.approx([0, 0, -0.1, 0, 0, 0, 0, 0])
    # 4 9 10 13 -> 4 10 4 -> 6 4 and 4 9 10 13 -> 6 9 13 -> 6 4: the same two numbers
    lines = ("13 - 9", "10 - 4", "back #0", "10 - 4", "13 - 9")
    assert paid(Revisit(), lines) == pytest.approx([0, 0, 0, 0, -0.1])


def test_a_node_is_closed_when_all_its_steps_were_tried():
    """The first step finds two numbers that look better than three; when nothing is left to try there, both go."""

    class Few(ByHand):
        def values(self, task, states):
            return [{3: 0.3, 2: 0.7, 1: 0.1}[len(state.numbers)] for state in states]

    env = ReasoningEnv("countdown", budget=60, rewards=[(Potential(Few(), "best"), 1.0)])
    env.reset(options={"problem": make("countdown").pose((1, 4, 6), 99, "integer")})
    first = int(np.flatnonzero(env.task.mask(env.tree.state))[0])
    assert env.step(first)[1] == pytest.approx(0.4)
    found = []
    for action in np.flatnonzero(env.task.mask(env.tree.state)):
        found.append(env.step(int(action))[1])
        assert env.step(env.task.n_actions + 1)[1] == 0.0
    assert len(found) > 2
    assert found == pytest.approx([0.0] * (len(found) - 1) + [-0.4])


def test_a_spent_budget_and_a_cut_close_the_accounts_of_potentials():
    for which in ("cursor", "best"):
        term = Potential(by_hand(), which)
        assert sum(paid(term, LINES[:3], budget=3)) == pytest.approx(0.0)
        env = TextReasoning(TASK, rewards=[(term, 1.0)])
        env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
        total = sum(env.step(line)[1] for line in LINES[:3])
        assert total == pytest.approx(0.4)
        assert env.cut()[0] == pytest.approx(-0.4)


@pytest.mark.parametrize("name", ["game24", "countdown", "maze", "blocksworld"])
def test_over_an_attempt_every_term_lies_within_one_and_potentials_sum_to_nothing(name):
    rewards = {f"{kind}:noisy:0.3:1": 1.0 for kind in VALUED} | {"format": 1.0, "revisit": 1.0, "length": 1.0}
    env = ReasoningEnv(name, budget=12, rewards=rewards, difficulty="easy")
    rng = np.random.default_rng(0)
    for episode in range(6):
        _, info = env.reset(seed=episode)
        total, ended = dict.fromkeys(info.get("reward_terms", {}), 0.0), False
        while not ended:
            *_, terminated, truncated, info = env.step(int(rng.choice(np.flatnonzero(info["action_mask"])[:-1])))
            assert info["judged"]
            ended = terminated or truncated
            for term, value in info["reward_terms"].items():
                total[term] = total.get(term, 0.0) + value
        assert all(-1 - 1e-9 <= value <= 1 + 1e-9 for value in total.values()), total
        for which in ("cursor", "best"):
            assert total[f"potential:{which}:noisy:0.3:1"] == pytest.approx(0.0, abs=1e-9)


# spelling and plugging in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        *(f"{kind}:noisy:0.2:7" for kind in VALUED),
        "clipped:0.3:oracle",
        "potential:best:0.9:oracle",
        "progress:rollout:16",
        "format",
        "length",
        "length:tokens:200",
    ],
)
def test_a_spelling_reads_back(spec):
    term = make_reward(spec, TASK)
    assert term.name == spec
    assert make_reward(term.name) == term == pickle.loads(pickle.dumps(term)) == copy.deepcopy(term)


@pytest.mark.parametrize(
    "spec",
    [
        "sum", "delta:", "delta:wrong", "potential:oracle", "potential:worst:oracle", "potential:best:2:oracle",
        "clipped:0:oracle", "format:1", "length:tokens", "length:tokens:0", "length:steps:3", "outcome:0.9:lines",
    ],
)  # fmt: skip
def test_other_spellings_are_refused(spec):
    with pytest.raises(ValueError, match="a reward is one of outcome"):
        make_reward(spec)


def test_a_value_that_a_task_does_not_have_is_refused_where_the_environment_is_made():
    with pytest.raises(ValueError, match="no exact values"):
        TextReasoning("math", rewards={"delta:oracle": 1.0})


def test_a_value_that_cannot_tell_counts_nothing_and_is_said():
    class Silent(ByHand):
        def values(self, task, states):
            raise ValueError("not known")

    env = Shaped(ReasoningEnv(TASK), [(Delta(Silent()), 1.0)])
    env.reset(seed=0)
    *_, info = env.step(int(np.flatnonzero(env.unwrapped.action_masks())[0]))
    assert (info["judged"], info["reward_terms"]) == (False, {"outcome": 0.0, "delta:by hand": 0.0})


def test_a_state_is_valued_once_until_the_value_has_changed():
    value = by_hand()
    term = Potential(value, "best")
    paid(term)
    paid(term)
    assert value.asked == len(VALUES)
    term.forget()
    paid(term)
    assert value.asked == 2 * len(VALUES)


def test_the_wrapper_adds_terms_and_refuses_names_that_are_taken():
    env = Shaped(ReasoningEnv(TASK), {"delta:oracle": 0.5})
    _, info = env.reset(options={"problem": TASK.pose((1, 1, 1, 8))})
    *_, reward, _, _, info = env.step(int(np.flatnonzero(info["action_mask"])[0]))
    assert reward == 0.5 * info["reward_terms"]["delta:oracle"]
    with pytest.raises(ValueError, match="a name of its own"):
        Shaped(env, {"delta:oracle": 1.0})


def test_the_outcome_is_discounted_by_tokens_on_request():
    solved = ("13 - 9", "10 - 4", "4 * 6", "</think>", "answer")
    assert sum(paid(make_reward("outcome:0.9:tokens"), solved)) == pytest.approx(0.9**11)
    assert make_reward("outcome:0.9:tokens") != make_reward("outcome:0.9")
    env = ReasoningEnv(TASK, rewards={"outcome:0.9:tokens": 1.0})
    _, info = env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
    for line in solved[:3]:
        *_, info = env.step(TASK.index(env.tree.state, TASK.read(env.tree.state, line)))
    assert (info["success"], info["judged"]) == (True, False)  # numbers have no tokens


# trials ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("credit", ["rl2", "erl2", "anneal:0.3"])
@pytest.mark.parametrize("which", ["cursor", "best"])
def test_a_trial_pays_shaping_with_its_step_and_each_attempt_sums_to_nothing(credit, which):
    term = Potential(by_hand(), which)
    env = Trial(TextReasoning(TASK, rewards=[(term, 1.0)]), episodes=2, credit=credit)
    env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
    first = [env.step(line)[1] for line in ("13 - 9", "back #0", "9 + 4", "answer")]
    assert first == pytest.approx([0.4, -0.4, -0.3, 0.3] if which == "cursor" else [0.4, 0.0, 0.0, -0.4])
    second = [env.step(line)[1] for line in ("back #1", "10 - 4", "answer 1")]
    assert second == pytest.approx([0.4, -0.1, -0.3] if which == "cursor" else [0.0, 0.0, 0.0])


@pytest.mark.parametrize("credit", ["rl2", "erl2"])
@pytest.mark.parametrize("episodes", [None, 2])
@pytest.mark.parametrize("which", ["cursor", "best"])
def test_over_a_trial_of_branches_a_potential_sums_to_nothing_also_where_the_last_is_left(which, episodes, credit):
    lines, term = ("13 - 9", "back #0", "9 + 4", "back #1", "10 - 4"), Potential(by_hand(), which)
    env = Trial(TextReasoning(TASK, budget=5, rewards=[(term, 1.0)]), episodes, "branch", credit=credit)
    env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
    total, over = 0.0, False
    for line in lines:
        _, reward, terminated, truncated, _ = env.step(line)
        total, over = total + reward, terminated or truncated
        if over:
            break
    assert over
    assert total == pytest.approx(0.0)
    numeric = ReasoningEnv(TASK, rewards=[(Potential(by_hand(), which), 1.0)])
    env = Trial(numeric, 1, "branch", credit=credit)
    env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
    first = TASK.index(numeric.tree.state, TASK.read(numeric.tree.state, "13 - 9"))
    found = [env.step(first)[1], env.step(TASK.n_actions)[1]]
    assert found[0] > 0
    assert sum(found) == pytest.approx(0.0)


def test_the_credit_of_a_trial_counts_tokens_on_request():
    env = Trial(TextReasoning(TASK), episodes=1, credit="erl2:0.9:tokens")
    env.reset(options={"problem": TASK.pose((4, 9, 10, 13))})
    assert env.step("13 - 9\n10 - 4\n4 * 6\nanswer")[1] == pytest.approx(0.9**10)
    for spec in ("rl2:0.9:tokens", "erl2:1.0:tokens", "anneal:0.3:0.9:tokens"):
        assert make_credit(spec).name == spec
    with pytest.raises(ValueError, match="unit must be one of steps, tokens"):
        make_credit("erl2:0.9:lines")
    with pytest.raises(ValueError, match="numbers have no tokens"):
        Trial(ReasoningEnv(TASK), credit="erl2:0.9:tokens")


# optimal policies -------------------------------------------------------------------------------------------------

POTENTIALS = [f"potential:{which}:{value}" for which in ("cursor", "best") for value in ("oracle", "noisy:0.4:2")]
OTHERS = [f"{kind}:noisy:0.4:2" for kind in ("sum", "progress")]


class Graph:
    """Everything that can be thought about a problem within a budget.

    edges: one list a situation (tree, cursor, steps used): (action, reward terms, the situation after, None = over).
    """

    def __init__(self, problem, budget, rewards):
        self.env = ReasoningEnv(problem.task, budget=budget, on_solved="continue", rewards=dict.fromkeys(rewards, 1.0))
        _, info = self.env.reset(options={"problem": problem})
        self.edges, self.start = {}, self.situation()
        self.grow(self.start, info["action_mask"])

    def situation(self):
        tree = self.env.tree
        return (*zip(tree.parents, tree.steps, strict=True), tree.cursor, self.env.steps)

    def grow(self, situation, mask):
        snapshot, edges = self.env.snapshot(), []
        self.edges[situation] = edges
        for action in np.flatnonzero(mask).tolist():
            self.env.restore(snapshot)
            *_, terminated, truncated, info = self.env.step(action)
            if terminated or truncated:
                edges.append((action, info["reward_terms"], None))
                continue
            after = self.situation()
            edges.append((action, info["reward_terms"], after))
            if after not in self.edges:
                self.grow(after, info["action_mask"])

    def optimal(self, weights, gamma=1.0):
        """The optimal actions of every situation, and the value of the start."""
        values, best = {}, {}

        def value(situation):
            if situation is None:
                return 0.0
            if situation not in values:
                found = {
                    action: sum(w * terms[name] for name, w in weights.items()) + gamma * value(after)
                    for action, terms, after in self.edges[situation]
                }
                values[situation] = max(found.values())
                best[situation] = {a for a, v in found.items() if math.isclose(v, values[situation], abs_tol=1e-9)}
            return values[situation]

        return value(self.start) and best


@pytest.fixture(scope="module")
def graph():
    """All thoughts of up to five steps about 2 3 5 -> 11 in whole numbers."""
    discounted = [f"potential:{which}:0.9:noisy:0.4:2" for which in ("cursor", "best")]
    return Graph(
        make("countdown").pose((2, 3, 5), 11, "integer"), 5, ["outcome:0.9", *POTENTIALS, *discounted, *OTHERS]
    )


@pytest.mark.parametrize("potential", POTENTIALS)
def test_potentials_leave_every_optimal_policy_as_it_is(graph, potential):
    plain = graph.optimal({"outcome": 1.0})
    assert len(plain) > 1000
    assert any(len(actions) < 5 for actions in plain.values())
    for weight in (0.2, 5.0):
        assert graph.optimal({"outcome": 1.0, potential: weight}) == plain


@pytest.mark.parametrize("which", ["cursor", "best"])
def test_with_a_discount_they_do_so_for_a_learner_with_the_same(graph, which):
    plain = graph.optimal({"outcome": 1.0}, gamma=0.9)
    assert graph.optimal({"outcome": 1.0, f"potential:{which}:0.9:noisy:0.4:2": 3.0}, gamma=0.9) == plain


@pytest.mark.parametrize("term", OTHERS)
def test_sums_change_the_optimal_policy(graph, term):
    plain, shaped = graph.optimal({"outcome": 1.0}), graph.optimal({"outcome": 1.0, term: 1.0})
    assert any(not shaped[situation] <= plain[situation] for situation in plain)


def test_under_summed_rewards_the_best_start_is_no_longer_the_way_to_the_answer(graph):
    plain, shaped = graph.optimal({"outcome": 1.0}), graph.optimal({"outcome": 1.0, "sum:noisy:0.4:2": 2.0})
    assert shaped[graph.start] & plain[graph.start] == set()


def test_the_exact_value_is_one_of_the_values_that_terms_take():
    assert isinstance(make_reward("delta:oracle"), Shaping)
    assert make_reward("delta:oracle") == Delta(OracleValue())
