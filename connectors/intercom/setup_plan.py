"""What a workspace is to have for us, without effects: names, and words for people.

Facts: Intercom's OpenAPI files for 2.15 and 2.16, and its pages on OAuth scopes and webhooks. Apps
may make tags and attributes of contacts; macros can be read (from 2.16) and not be made; an app's
webhooks and permissions are to be seen and set in the Developer Hub alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import HelpdeskError
from connectors.intercom.webhook import TOPICS
from connectors.setup import Done, Step

NAME = "Understudy"
SEND_TAG, BAD_TAG = "understudy_send", "understudy_bad"
# What agents put on; the tags that the bot writes are made when it first writes them.
TAGS = (SEND_TAG, BAD_TAG)
# By this an attribute is known again as one that we made.
ABOUT = "Understudy: the page that the Messenger was last open on"
# Below the address that agents of the region work at.
HUB = "/a/apps/_/developer-hub"
MACROS_AT = "/a/apps/_/settings/macros"
# Each with what it is for; an app with less works, as far as that goes.
PERMISSIONS = (
    ("Read conversations", "reading what customers write, and the notifications of it"),
    ("Write conversations", "notes, replies, teams, status"),
    ("Read tickets", "the same for tickets; leave both out if your team uses none"),
    ("Write tickets", ""),
    ("Read one user and one company", "who writes, and for which company"),
    ("Read and list users and companies", "the tags of customers, by which one is told as VIP"),
    ("Read tags", "finding tags by their names"),
    ("Write tags", "tagging"),
    ("Read admins", "the bot's own teammate, and teams by their names"),
    ("Read and list articles", "the help centre"),
)


def remedy_of(error: HelpdeskError) -> str:
    """Say what to do where we are not let in, or reach nobody."""
    if error.permanent:
        return (
            "Copy the access token from the Developer Hub > your app > Authentication into "
            "INTERCOM_ACCESS_TOKEN, and set INTERCOM_URL to your region's address."
        )
    return (
        "Check INTERCOM_URL and this machine's way to the internet, and ask again: the token was "
        "not refused."
    )


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro for agents that sets one tag and says nothing."""

    name: str
    tag: str

    def step(self, app: str) -> Step:
        """How an admin makes it; ``app`` is where agents work."""
        text = (
            f"Intercom lets no app make macros. Once:\n"
            f"1. Open {app}{MACROS_AT} and press New macro.\n"
            f"2. Name: {self.name}. Leave the message empty.\n"
            f"3. Press the lightning bolt below the message, choose Tag conversation, and pick the "
            f"tag {self.tag}.\n"
            f"4. Available to everyone; press Save.\n"
            f"Agents who prefer typing press # in a conversation and choose the tag itself."
        )
        return Step(f"macro {self.name}", Done.BY_HAND, text, paste=self.name)

    def removal(self, app: str) -> Step:
        """How an admin deletes it."""
        text = f"If it is there: open {app}{MACROS_AT}, open {self.name}, press Delete."
        return Step(f"macro {self.name}", Done.BY_HAND, text)


MACROS = (
    Macro(f"{NAME}: send the draft", SEND_TAG),
    Macro(f"{NAME}: the draft is wrong", BAD_TAG),
)


def permissions(app: str, page_field: str) -> Step:
    """How an admin gives the app its permissions."""
    listed = [name for name, _ in PERMISSIONS]
    if page_field:
        listed.append("Write data attributes")
    text = (
        f"Not to be seen through the API: please compare once.\n"
        f"1. Open {app}{HUB} and your app.\n"
        f"2. In the menu on the left choose Configure > Authentication, press Edit at the top "
        f"right.\n"
        f"3. Tick these boxes and no others, and press Save:\n"
        + "\n".join(f"   - {name}" for name in listed)
    )
    return Step("permissions", Done.BY_HAND, text, paste="\n".join(listed))


def webhook(app: str, url: str) -> Step:
    """How an admin subscribes to the notifications."""
    topics = "\n".join(f"   - {topic}" for topic in TOPICS)
    text = (
        f"Apps cannot subscribe by themselves. {NAME} must run and be reached from outside by "
        f"then: Intercom tries the address when you save it.\n"
        f"1. Open {app}{HUB} and your app.\n"
        f"2. Configure > Basic information: the field Client secret belongs into "
        f"INTERCOM_CLIENT_SECRET of your settings. Start {NAME} anew when it is there.\n"
        f"3. Configure > Webhooks: paste the address into Endpoint URL: {url}\n"
        f"4. Below it, in the list Topics, choose these one after the other:\n{topics}\n"
        f"5. Press Save. Where Intercom says that the address does not answer, look whether it "
        f"can be opened from outside.\n"
        f"6. Write a line in your own Messenger: within a minute `understudy runs list` shows it."
    )
    return Step("webhook", Done.BY_HAND, text, paste=url)


def no_more_webhook(app: str, url: str) -> Step:
    """How an admin ends the subscription."""
    text = (
        f"Only people can end it.\n"
        f"1. Open {app}{HUB} and your app.\n"
        f"2. Configure > Webhooks: delete the Endpoint URL {url} and all topics, press Save.\n"
        f"3. If nothing else uses the app: Basic information > Delete app. Its access token is "
        f"void from then on."
    )
    return Step("webhook", Done.BY_HAND, text)
