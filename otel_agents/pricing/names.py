"""What the price table calls the providers of the GenAI conventions."""

from __future__ import annotations

from typing import Final

# gen_ai.provider.name to the table's names, where the table would not find its way itself.
_PROVIDERS: Final = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "aws.bedrock": "aws",
    "x_ai": "x-ai",
    "mistral_ai": "mistral",
}


def table_name(provider: str) -> str:
    """The table's name of a provider; one it would find itself stays as it is."""
    return _PROVIDERS.get(provider, provider)
