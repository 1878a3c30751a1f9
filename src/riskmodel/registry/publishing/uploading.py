"""Publishes a fitted model: build, check, upload whole, and then set the alias challenger."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn.utils.validation import check_is_fitted

from riskmodel.card import Facts, ModelCard
from riskmodel.disks import missing_folders, on_disk, remove_empty
from riskmodel.doors import door
from riskmodel.errors import RegistryError
from riskmodel.models import RiskClassifier
from riskmodel.registry.artefacts.artefact import write_artefact
from riskmodel.registry.artefacts.few_households import (
    refuse_columns_of_few,
    refuse_few_households,
    refuse_rare_codes,
)
from riskmodel.registry.artefacts.kept_configuration import require_known
from riskmodel.registry.artefacts.personal_data import (
    refuse_personal_data,
    refuse_rare_categories,
    refuse_rare_names,
)
from riskmodel.registry.artefacts.synthetic_rows import SYNTHETIC_ROWS, synthetic_rows
from riskmodel.registry.backend.connection import (
    Registry,
    open_registry,
    silence,
    unless_made_meanwhile,
)
from riskmodel.registry.backend.responsible import own_account, require_words, user_of
from riskmodel.registry.backend.scratch import scratch
from riskmodel.registry.backend.version import (
    DIGEST_TAG,
    HEAD_TAG,
    PACKAGE_TAG,
    PUBLISHED_AS_TAG,
    PUBLISHED_BY_TAG,
    UNKNOWN,
    UNNAMED,
    Version,
    check_name,
    registered,
)
from riskmodel.registry.events.ledger import Ledger
from riskmodel.registry.events.naming import name_challenger
from riskmodel.registry.publishing.earlier_cards import cards_of_earlier, refuse_told_by_earlier
from riskmodel.registry.publishing.publication import Publication
from riskmodel.registry.publishing.pyfunc import save_pyfunc
from riskmodel.registry.publishing.repeats import Repeat, one_at_a_time
from riskmodel.registry.publishing.version_page import version_page
from riskmodel.registry.reading.loaded_model import LoadedModel
from riskmodel.registry.run_pages.open_runs import open_run
from riskmodel.registry.run_pages.run_page import LONGEST_NOTE, RunPage
from riskmodel.serving import package_digest

if TYPE_CHECKING:
    from riskmodel.evaluation import Backtest, Evaluation
    from riskmodel.panel import Panel


@door
def publish(
    model: RiskClassifier,
    evaluation: Evaluation,
    name: str,
    *,
    backtest: Backtest | None = None,
    reference: Panel | None = None,
    bands: Mapping[str, float] | None = None,
    purpose: str | None = None,
    limits: Iterable[str] = (),
    facts: Facts | None = None,
    external: Iterable[Evaluation] = (),
    lang: str = "en",
    configuration: Mapping[str, object] | None = None,
    by: str | None = None,
) -> Version:
    """Publish exactly this model as a new version, with alias ``challenger``.

    Parameters
    ----------
    model : RiskClassifier
        Fitted.
    evaluation : Evaluation
        Of this model, or of its backtest refit, which was fitted before the judged rounds
        (see `riskmodel.refit`).
    name : str
        Under which the registry keeps it.
    backtest : Backtest, optional
        Its baselines stand on the card.
    reference : Panel, optional
        The rounds that percentiles and bands refer to. By default they are the rounds that the
        evaluation judged.
    bands : mapping of str to float, optional
        Names and the share of the reference below each, the lowest at 0.
    purpose, limits, facts
        The parts of the card beyond the evidence; see `riskmodel.card.write_card`.
    external : iterable of Evaluation
        Of this model on records of other sites. Their figures stand on the card beside the model's
        own; no gate reads them.
    lang : str, default "en"
        The language of the version's lists: a key of `riskmodel.serving.LANGUAGES`.
    configuration : mapping, optional
        Of the experiment, with the keys of an experiment file; any other is refused. Figures and
        single words are kept with the version, ``"(left out)"`` in place of what people write
        freely, and nothing of folders, addresses and accounts.
    by : str, optional
        Who publishes; it stands in the history. By default the user whom the server names, or the
        account on this machine.

    Returns
    -------
    Version
        With the head of the name's history.

    Raises
    ------
    RegistryError
        For tables whose hidden cells follow from them and the cards of earlier versions of the
        name on the same rows, a blank on the card, an unknown key in the configuration, personal
        data in a file, tables that differ from the model, or a registry that cannot be reached.
        No alias points at anything new then.

    Notes
    -----
    The order is: artefact, check, search for personal data, upload, version with all its tags,
    alias. The ids that are searched for are those of the rows that the evaluations judged, of the
    reference, and of the fit if the model was fitted in this process. A model keeps no ids, so that
    those of a fit in another process are not known. Texts and ids are compared in their plain form
    and without case, and an id is found beside letters of other scripts, such as a Korean particle.
    Ids of fewer than 5 characters are not searched for: they cannot be told from other words and
    numbers. In what the publisher has written (name, purpose, limits, facts, bands, the statements
    of external evaluations), categories and areas of fewer than 10 households are searched for as
    well; names of fewer than 5 letters, or 3 in other scripts, are not. After a run that was
    killed in between, the registry holds at most files that belong to no version, or a whole
    version that has no alias yet, and the same call works again.
    """
    publication = Publication(
        model=model,
        evaluation=evaluation,
        name=name,
        backtest=backtest,
        reference=reference,
        bands=bands,
        purpose=purpose,
        limits=tuple(limits),
        facts=facts,
        external=tuple(external),
        lang=lang,
        configuration=configuration,
    )
    with prepared(publication, by) as package:
        return package.upload()


def publish_once(
    publication: Publication, by: str | None, repeated: Callable[[], Repeat | None]
) -> Version | Repeat:
    """Publish, unless another run has published the same meanwhile.

    Parameters
    ----------
    publication : Publication
    by : str or None
        See `publish`.
    repeated : callable
        Looks for the same; it is asked while no other run publishes.

    Raises
    ------
    RegistryError
        See `publish`. For what is refused before it is uploaded no registry is made.
    """
    with prepared(publication, by) as package, one_at_a_time():
        return repeated() or package.upload()


@dataclass(frozen=True)
class Package:
    """A publication as files that are checked and ready for the registry."""

    publication: Publication
    by: str | None
    folder: Path
    digest: str
    card: ModelCard
    page: RunPage

    def upload(self) -> Version:
        """Bring it into the registry, and make it the challenger."""
        publication = self.publication
        with open_registry() as registry:
            earlier = cards_of_earlier(registry, publication.name)
            refuse_told_by_earlier(publication.evaluation, earlier)
            user = user_of(registry)
            tags = {
                **publication.tags(self.digest),
                PACKAGE_TAG: package_digest(self.folder),
                PUBLISHED_BY_TAG: self.by or user or own_account() or UNKNOWN,
                **({PUBLISHED_AS_TAG: user} if user else {}),
            }
            version = _upload(registry, self.folder, self.page, tags)
            _describe(registry, self.page.name, self.card.of_any_version(publication.lang))
            return name_challenger(registry, version)


@contextmanager
def prepared(publication: Publication, by: str | None) -> Iterator[Package]:
    """Build a publication's package and check it, for the time of the block."""
    check_name(publication.name)
    if by is not None:
        require_words("by", by)
    with scratch("publishing") as temporary:
        folder = temporary / "artefact"
        digest = build(folder, publication)
        loaded = LoadedModel.read(folder, digest)
        with silence():
            package = save_pyfunc(temporary / "model", folder, loaded)
        refuse_personal_data(package, publication.households)
        page = version_page(publication, loaded.card)
        page.refuse_personal_data(temporary / "page", publication.households)
        yield Package(publication, by, package, digest, loaded.card, page)


@door
def save(
    model: RiskClassifier,
    evaluation: Evaluation,
    folder: str | Path,
    name: str = "model",
    *,
    backtest: Backtest | None = None,
    reference: Panel | None = None,
    bands: Mapping[str, float] | None = None,
    purpose: str | None = None,
    limits: Iterable[str] = (),
    facts: Facts | None = None,
    external: Iterable[Evaluation] = (),
    lang: str = "en",
    configuration: Mapping[str, object] | None = None,
) -> Path:
    """Write a fitted model into a folder, which `open` reads without MLflow.

    It is checked in the same way as by `publish`.

    Parameters
    ----------
    model : RiskClassifier
        Fitted.
    evaluation : Evaluation
    folder : path-like
        New or empty.
    name : str, default "model"
        On the card.
    backtest, reference, bands, purpose, limits, facts, external, lang, configuration
        See `publish`.

    Returns
    -------
    Path
        The folder.
    """
    publication = Publication(
        model=model,
        evaluation=evaluation,
        name=name,
        backtest=backtest,
        reference=reference,
        bands=bands,
        purpose=purpose,
        limits=tuple(limits),
        facts=facts,
        external=tuple(external),
        lang=lang,
        configuration=configuration,
    )
    target = Path(folder)
    _require_empty(target)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    missing = missing_folders(target.parent)
    try:
        with on_disk(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            build(part, publication)
            if target.exists():
                target.rmdir()
            os.replace(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        remove_empty(missing)
    return target


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RegistryError(
            f"{folder.name} is not empty",
            code="registry.folder",
            allowed="a new or empty folder",
            next_step="choose another, or remove it first",
        )


def build(folder: Path, publication: Publication) -> str:
    """Write an artefact and check that it is the model; return its manifest's sha256."""
    model = publication.model
    check_is_fitted(model, "core_")
    require_known(publication.configuration or {})
    refuse_rare_categories(model.columns_, publication.evaluation.rare_groups)
    refuse_rare_codes(model.recipe_)
    refuse_columns_of_few(model.columns_)
    refuse_rare_names(publication.written, publication.rare_names)
    folder.mkdir(parents=True)
    card = publication.card()
    refuse_few_households(publication.household_counts)
    reference = publication.margins_referred_to()
    settings = publication.settings()
    digest = write_artefact(folder, model, card, reference, settings, publication.households)
    _check_same(model, LoadedModel.read(folder, digest))
    return digest


def _check_same(model: RiskClassifier, loaded: LoadedModel) -> None:
    """Refuse an artefact whose margin differs from the model's in a single bit."""
    rows = synthetic_rows(loaded.columns_, SYNTHETIC_ROWS)
    wrong = int((model.margin(rows) != loaded.margin(rows)).sum())
    if wrong:
        raise RegistryError(
            f"the written tables differ from the model on {wrong} of {SYNTHETIC_ROWS} synthetic "
            "rows",
            code="registry.not_the_model",
            next_step="this is a defect of riskmodel: please report it",
        )


def _upload(registry: Registry, package: Path, page: RunPage, tags: Mapping[str, str]) -> Version:
    client, name = registry.client, page.name
    with open_run(registry, name, page.kind, by=tags[PUBLISHED_BY_TAG]) as run:
        page.log(registry, run.run_id, package.parent / "run")
        client.log_artifacts(run.run_id, str(package), "model")
    with unless_made_meanwhile():
        if not client.search_registered_models(filter_string=f"name = '{name}'"):
            client.create_registered_model(name)
    made = client.create_model_version(
        name,
        source=f"runs:/{run.run_id}/model",
        run_id=run.run_id,
        tags={**tags, **UNNAMED, **_before(registry, name)},
        description=page.note,
    )
    digests = tags[DIGEST_TAG], tags[PACKAGE_TAG]
    return Version(name, str(made.version), None, digests[0], registry.address, digests[1])


def _describe(registry: Registry, name: str, text: str) -> None:
    """Describe a model, unless somebody has."""
    if not registered(registry, name).description:
        registry.client.update_registered_model(name, text[:LONGEST_NOTE])


def _before(registry: Registry, name: str) -> dict[str, str]:
    """Return the tag that holds the head of the history so far, if there is one."""
    head = Ledger(registry, name).chain.head
    return {HEAD_TAG: head} if head else {}
