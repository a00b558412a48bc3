"""A program traced by Logfire's own package, which is sent to as Logfire is: spans are announced as they begin."""

import os
import warnings

import logfire

warnings.simplefilter("ignore")  # that it is not Logfire who answers
url = os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT")  # or the package would send there a second time
logfire.configure(
    service_name="announcing",
    token="pylf_v1_local_none",
    send_to_logfire=True,  # in a test, too
    advanced=logfire.AdvancedOptions(base_url=url),
    console=False,
    metrics=False,
    inspect_arguments=False,
)
with logfire.span("outer"), logfire.span("inner") as inner:
    print("open", flush=True)
    input()
    inner.set_attribute("step", 2)
logfire.shutdown()
