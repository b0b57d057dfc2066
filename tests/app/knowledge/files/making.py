"""Files of every kind, made by code: small, and like those that Word and printers write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from app.knowledge.documents import Document, Finding, Gone
from app.knowledge.files import LIMITS, Limits, listing
from app.knowledge.files.readers import read_file
from app.knowledge.files.records import Reading

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"


@contextmanager
def here(limits: Limits) -> Iterator[Callable[[Path], Reading]]:
    """Read files in this process, which is faster than in a child."""
    yield lambda path: read_file(path, limits)


def listed(
    *patterns: Path | str, internal: Sequence[Path | str] = (), limits: Limits = LIMITS
) -> tuple[list[Document], list[Finding]]:
    """List files, read in this process: the documents, and what was found wrong."""
    items: list[Document | Gone | Finding] = list(
        listing(
            [str(p) for p in patterns], [str(p) for p in internal], limits=limits, opener=here
        ).items
    )
    documents = [item for item in items if isinstance(item, Document)]
    findings = [item for item in items if isinstance(item, Finding)]
    assert all(isinstance(item, Document | Finding | Gone) for item in items)
    return documents, findings


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def pdf(pages: Sequence[Sequence[str]], *, title: str = "", password: str | None = None) -> bytes:
    """Make a PDF of pages of lines; encrypted where there is a password (it may be empty)."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    for lines in pages:
        page = writer.add_blank_page(width=600, height=800)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = "".join(f"({line}) Tj 0 -14 Td\n" for line in lines)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 750 Td\n{shown}ET".encode("cp1252"))
        page[NameObject("/Contents")] = stream
    if title:
        writer.add_metadata({"/Title": title, "/ModDate": "D:20260102030405Z"})
    if password is not None:
        writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def paragraph(text: str, style: str = "", bold: str = "") -> str:
    """Make a paragraph of a Word file, with a bold word at its end."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    strong = f"<w:r><w:rPr><w:b/></w:rPr><w:t>{bold}</w:t></w:r>" if bold else ""
    run = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
    return f"<w:p>{styled}{run}{strong}</w:p>"


PICTURE = (
    '<w:p><w:r><w:drawing><wp:inline><wp:docPr descr="The gear"/><a:graphic><a:graphicData>'
    '<pic:pic><pic:blipFill><a:blip r:embed="rId7"/></pic:blipFill></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
)


def docx(body: str, *, title: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """Make a Word file with this body."""
    names = (
        f'xmlns:w="{_WORD}" xmlns:r="{_OFFICE}" xmlns:a="{_DRAWING}/main" '
        f'xmlns:wp="{_DRAWING}/wordprocessingDrawing" xmlns:pic="{_DRAWING}/picture"'
    )
    parts: dict[str, str | bytes] = {
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship '
        f'Id="rId7" Type="{_OFFICE}/image" Target="media/g.png"/></Relationships>',
        "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f'<w:styles xmlns:w="{_WORD}"><w:style w:type="paragraph" '
        'w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>',
        "word/media/g.png": "not really",
        "docProps/core.xml": '<c:coreProperties xmlns:c="c" xmlns:dc="http://purl.org/dc/elements/'
        f'1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>{title}</dc:title>'
        "<dcterms:modified>2026-01-02T03:04:05Z</dcterms:modified></c:coreProperties>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **(more or {})}.items():
            archive.writestr(name, content)
    return out.getvalue()
