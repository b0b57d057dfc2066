"""A second help centre, of an invented tool for projects, with faults and with what only looks so.

It was written when the demo company's had been looked at, to see what the rules are worth on words
they were not made with. Each entry: id, day of change, title, text.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from app.audit.records import Page

ARTICLES: tuple[tuple[str, str, str, str], ...] = (
    (
        "price", "2026-03-01", "What the plans cost",
        "The Pro plan costs $29 per user per month. The Basic plan costs $9 per user per month.\n\n"
        "If you pay for a whole year in advance, you get a discount of 20 %.\n\n"
        "All prices are without tax.",
    ),
    (
        "upgrade", "2025-06-01", "Upgrade to Pro",
        "1. Open **Settings** and choose **Billing**.\n2. Click **Upgrade to Pro**.\n\n"
        "For Pro you pay $25 per user per month.\n\n"
        "Paying yearly in advance gives you a discount of 15 %.",
    ),
    (
        "attach", "2026-02-10", "Attach files to a task",
        "Drag a file onto the task, or click the paper clip.\n\n"
        "Attachments may be up to 25 MB in size. Videos are played in the browser.",
    ),
    (
        "comments", "2024-05-10", "Write comments",
        "Type into the box below a task. Mention somebody with the @ sign.\n\n"
        "You can add attachments to a comment, up to 10 MB in size.",
    ),
    (
        "guests", "2026-01-15", "Invite guests",
        "A guest sees only the projects that you share with them.\n\n"
        "Guests can export reports. Guests never see the budget of a project.",
    ),
    (
        "reports", "2025-02-15", "Reports and exports",
        "Open **Reports**, pick a project and click **Export as CSV**.\n\n"
        "Guests cannot export reports. Admins can delete projects from the report.",
    ),
    (
        "calendars", "2026-04-01", "Connect your calendar",
        "Open **My profile → Calendars** and click **Connect**.\n\n"
        "You can connect up to 5 calendars. Events appear within 10 minutes.",
    ),
    (
        "calendar-faq", "2024-04-01", "Calendar questions",
        "## How many calendars can I connect?\n\nYou can connect up to three calendars.\n\n"
        "## Which calendars work?\n\nGoogle, Outlook and Apple.",
    ),
    (
        "two-factor", "2026-05-05", "Turn on two-factor sign-in",
        "1. Open **Settings → Security** and click **Set up two-factor sign-in**.\n"
        "2. Scan the code with an authenticator app.\n3. Type the six digits.",
    ),
    (
        "two-factor-old", "2023-05-05", "Set up two-factor sign-in",
        "1. Open **Settings → Account** and click **Set up two-factor sign-in**.\n"
        "2. Scan the code with your phone's authenticator.\n3. Confirm with six digits.\n\n"
        "Print the backup codes and keep them in a safe place.",
    ),
    (
        "trash", "2026-06-01", "Bring back what was deleted",
        "Deleted projects stay in the trash for 30 days. Open **Trash** and click **Restore**.",
    ),
    (
        "projects", "2025-01-01", "Projects: create, archive, delete",
        "Click **New project** and give it a name.\n\n"
        "A deleted project can be restored from the trash within 60 days.\n\n"
        "Members cannot delete projects.",
    ),
    (
        "trial", "2026-01-01", "Try it for free",
        "The free trial lasts 14 days. You need no credit card.\n\nAt the end, choose a plan.",
    ),
    (
        "start", "2024-01-01", "Getting started with your team",
        "Your free trial runs for 30 days, so there is time to invite everybody.\n\n"
        "1. Create a project.\n2. Invite your team.\n3. Add your first tasks.",
    ),
    (
        "password", "2026-01-20", "Reset your password",
        "Click **Forgot password?** and type your address. The link expires after 24 hours.\n\n"
        "Your new password needs at least 12 characters.",
    ),
    (
        "invite", "2026-01-21", "Invite your team",
        "Open **Team** and click **Invite**. The link expires after 7 days.\n\n"
        "An invitation can be sent again at any time.",
    ),
    (
        "ios", "2026-02-01", "The app on iPhone",
        "Hold a task for 2 seconds to move it. On iPhone the app needs 80 MB of space.",
    ),
    (
        "android", "2026-02-02", "The app on Android",
        "Hold a task for 2 seconds to move it. On Android the app needs 120 MB of space.",
    ),
    (
        "dark-on", "2026-02-03", "Enable dark mode",
        "Open **My profile → Look** and click **Enable dark mode**. The colours change at once, "
        "on all of your devices. Charts get brighter lines.",
    ),
    (
        "dark-off", "2026-02-03", "Disable dark mode",
        "Open **My profile → Look** and click **Disable dark mode**. The colours change at once, "
        "on all of your devices. Charts get darker lines.",
    ),
    (
        "refund", "2026-03-03", "Get your money back",
        "If you are not happy, write to us within two weeks of the payment and you get a refund.",
    ),
    (
        "cancel", "2025-03-03", "Cancel your subscription",
        "Open **Billing** and click **Cancel subscription**. You may ask for a refund within 14 "
        "days of the payment.\n\nInvoices are kept for 10 years.",
    ),
    (
        "import-contacts", "2026-03-01", "Import contacts",
        "Open **Contacts** and click **Import contacts**. Choose a CSV file and check the columns. "
        "Contacts that are there already are passed over. Click **Done**.",
    ),
    (
        "export-contacts", "2023-03-01", "Export contacts",
        "Open **Contacts** and click **Export contacts**. Choose CSV as the kind of file and check "
        "the columns. Contacts that are hidden are passed over. Click **Done**.",
    ),
    (
        "boards", "2022-02-01", "Work with swimlanes",
        "Open a project and switch on **Swimlanes**. Each of the swimlanes holds the tasks of one "
        "person. Drag a task into another of the lanes to hand it over.\n\n"
        "Swimlanes can be collapsed with the arrow beside their name.",
    ),
    (
        "rows", "2026-02-01", "Work with rows on a board",
        "Open a project, click **Board** and switch on **Rows**. Each row holds the tasks of one "
        "person. Rows were formerly called Swimlanes.",
    ),
    (
        "desktop", "2022-08-01", "Install Taskwing Desktop",
        "Download Taskwing Desktop from your profile and open the file. Sign in as usual. Pinned "
        "projects are shown on the left.",
    ),
    (
        "devices", "2026-08-01", "Which devices work",
        "Any browser of the last two years works, and so do the apps for phones.\n\n"
        "Our program Taskwing Desktop was discontinued in March.",
    ),
    (
        "roadmap", "2023-08-01", "Time tracking",
        "Click the clock on a task to start. Exports for payroll will be available in summer 2024.",
    ),
    (
        "time-short", "2023-01-01", "Tracking your time",
        "Click the clock on a task to start tracking your time, and click it again to stop. The "
        "sum stands on the task. Managers see the times of their team under Timesheets.",
    ),
    (
        "time-long", "2026-01-01", "Track time on tasks",
        "Start the clock on a task to track your time; a second click on the clock stops it.\n\n"
        "The task shows the sum of all times.\n\n"
        "Managers find the times of their team under **Timesheets**, week by week, and can approve "
        "them there. Approved times are locked.\n\nTimes can be typed in by hand, too.",
    ),
)  # fmt: skip

CONTRADICTIONS = {
    frozenset(pair)
    for pair in (
        ("price", "upgrade"), ("attach", "comments"), ("guests", "reports"),
        ("calendars", "calendar-faq"), ("two-factor", "two-factor-old"), ("trash", "projects"),
        ("trial", "start"),
    )
}  # fmt: skip
DUPLICATES = {frozenset(("time-short", "time-long")), frozenset(("two-factor", "two-factor-old"))}
OUTDATED = {"boards", "desktop", "roadmap"}


def pages() -> list[Page]:
    """The articles as the audit reads them."""
    return [
        Page(
            id_,
            title,
            text,
            edited_at=datetime.combine(date.fromisoformat(day), time(), UTC).timestamp(),
        )
        for id_, day, title, text in ARTICLES
    ]
