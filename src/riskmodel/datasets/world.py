"""The hidden world: states of need and what drives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmodel.errors import ConfigError

Floats = NDArray[np.float64]

STATES = ("stable", "strained", "acute", "crisis")
STRAINED, ACUTE, CRISIS = 1, 2, 3
SERVICES = ("plain", "korea")
TYPES = ("single_elder", "single_middle_aged", "family")
BURN_IN = 60


@dataclass(frozen=True)
class World:
    """How households move between hidden states, and how strongly the records depend on them.

    Attributes
    ----------
    worsen, recover : tuple of float
        Log-odds to worsen by one step (from stable, strained, acute) and to recover (from strained
        and acute by one step, from crisis to `after_crisis`).
    shock : float
        Chance that a stable or strained household falls into crisis at once.
    after_crisis : int
        State in which a household finds itself once its crisis is over.
    frailty, frailty_share : tuple of float
        A household's lasting proneness (log-odds) and how common each is.
    type_effect, type_share : tuple of float
        The same for the household types `TYPES`; known to the service.
    district_sd, area_sd : float
        Spread of the effects of districts and, inside them, of areas.
    signal_by_state : tuple of float
        How strongly the records depend on each state, in steps; help weakens the dependence in
        crisis.
    signal : float
        Factor on every indicator's weight: how much the records depend on the hidden state.
    rate : float
        Log-odds added to every indicator's rate.
    reporting : tuple of float
        Share of crises that caseworkers report after 0, 1, 2, 3 rounds.
    prompt : bool
        Every fact is known in the round in which it happens: the world without reporting lags.
    service : {"plain", "korea"}
        Which indicators, feeds and geography there are.
    today : str
        First day of the round in which it is today, in an odd month.
    """

    worsen: tuple[float, float, float] = (-3.5, -1.75, -0.75)
    recover: tuple[float, float, float] = (-0.8, -1.2, 0.6)
    shock: float = 0.003
    after_crisis: int = STRAINED
    frailty: tuple[float, ...] = (-0.4, 0.2, 0.9)
    frailty_share: tuple[float, ...] = (0.6, 0.3, 0.1)
    type_effect: tuple[float, ...] = (0.0, 0.3, -0.3)
    type_share: tuple[float, ...] = (0.35, 0.30, 0.35)
    district_sd: float = 0.3
    area_sd: float = 0.15
    signal_by_state: tuple[float, ...] = (0.0, 1.0, 2.0, 1.0)
    signal: float = 1.0
    rate: float = 0.0
    reporting: tuple[float, float, float, float] = (0.80, 0.14, 0.04, 0.02)
    prompt: bool = False
    service: str = "plain"
    today: str = "2024-11-01"

    def __post_init__(self) -> None:
        for name in ("frailty_share", "type_share", "reporting"):
            shares = np.array(getattr(self, name))
            _check(
                name,
                bool((shares >= 0).all() and np.isclose(shares.sum(), 1)),
                "shares that sum to 1",
            )
        _check("shock", 0 <= self.shock <= 1, "a chance from 0 to 1")
        _check("district_sd", min(self.district_sd, self.area_sd) >= 0, "spreads of at least 0")
        _check("service", self.service in SERVICES, f"one of {', '.join(SERVICES)}")
        _check("frailty", len(self.frailty) == len(self.frailty_share), "as many effects as shares")

    def transitions(self, effect: Floats) -> Floats:
        """Return the chances to move from state to state in one round.

        Parameters
        ----------
        effect : ndarray of float, shape (...)
            Sum of the effects of frailty, type and area in log-odds.

        Returns
        -------
        ndarray of float, shape (..., 4, 4)
            Rows sum to one.
        """
        moves = np.zeros((*effect.shape, len(STATES), len(STATES)))
        for z in range(len(STATES)):
            up = sigmoid(self.worsen[z] + effect) if z < CRISIS else np.zeros_like(effect)
            down = (
                sigmoid(self.recover[z - 1] - 0.5 * effect) * (1 - up)
                if z
                else np.zeros_like(effect)
            )
            fall = (
                np.minimum(self.shock * np.exp(0.5 * effect), 1 - up - down)
                if z < 2
                else np.zeros_like(effect)
            )
            if z:
                moves[..., z, self.after_crisis if z == CRISIS else z - 1] = down
            if z < CRISIS:
                moves[..., z, z + 1] = up
            moves[..., z, CRISIS] += fall
            moves[..., z, z] = 1 - up - down - fall
        return moves

    def effects(self, area: Floats) -> Floats:
        """Return the log-odds, shape (n_areas, n_types, n_frailties)."""
        return area[:, None, None] + np.array(self.type_effect)[:, None] + np.array(self.frailty)

    def start(self, moves: Floats) -> Floats:
        """Return the distribution over states after a long run, shape (..., 4)."""
        belief = np.zeros((*moves.shape[:-2], len(STATES)))
        belief[..., 0] = 1.0
        for _ in range(BURN_IN):
            belief = np.einsum("...s,...su->...u", belief, moves)
        return belief


def sigmoid(x: Floats | float) -> Floats:
    """Return the chance that belongs to log-odds."""
    # scipy's expit differs in the last bit, and would change the records of a seed
    return np.asarray(1 / (1 + np.exp(-np.asarray(x, dtype=float))))


def log_odds(chance: Floats | float) -> Floats:
    """Return the log-odds that belong to a chance."""
    return np.asarray(np.log(chance) - np.log1p(-np.asarray(chance)))


def _check(name: str, fine: bool, allowed: str) -> None:  # noqa: FBT001
    if not fine:
        raise ConfigError(
            f"World: this value of {name} is not allowed",
            code=f"datasets.{name}",
            allowed=allowed,
            next_step=f"correct {name}",
        )
