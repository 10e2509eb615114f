"""Billing tags: the same on everything of a tenant; keys come from the manifest."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Tags
from constructs import IConstruct


def tag_everything(scope: IConstruct, tags: Mapping[str, str]) -> None:
    for key, value in sorted(tags.items()):
        Tags.of(scope).add(key, value)
