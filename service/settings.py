"""Every knob of the service. Read once at start-up and passed down; never a module global."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, HttpUrl, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

MIB = 1024 * 1024
PREFIX, SEPARATOR = "EXHIBIT_", "__"
KEY_LENGTH = 32


class Part(BaseModel):
    """A group of settings about one subject."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Company(Part):
    """How the public pages introduce the company."""

    name: str = Field(default="Example Company", description="Shown on public pages and in mail.")
    logo: str = Field(default="", description="Path of a PNG, JPEG or WebP file to show.")
    intro: str = Field(default="", description="Markdown above the list of open jobs.")
    privacy_contact: str = Field(
        default="", description="Whom to write to about personal data: an e-mail address or a link."
    )


class Mail(Part):
    """How letters leave. Without a host they are written to `var/mail/`."""

    host: str = Field(default="", description="SMTP server; empty: write files to var/mail/.")
    port: int = Field(default=587, ge=1, le=65535, description="SMTP port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is secured."
    )
    user: str = Field(default="", description="SMTP user name.")
    password: SecretStr = Field(default=SecretStr(""), description="SMTP password.")
    sender: EmailStr = Field(
        default="hiring@example.com", description="Address that letters come from."
    )
    timeout: float = Field(default=20, gt=0, le=120, description="Seconds to wait for the server.")


class Blobs(Part):
    """Where files are kept."""

    url: str = Field(
        default="", description="s3://bucket/prefix; empty: the folder blobs/ in the data folder."
    )
    s3_endpoint: str = Field(default="", description="Address of an S3 store that is not AWS.")
    s3_region: str = Field(default="us-east-1", description="Region of the S3 store.")
    s3_access_key: SecretStr = Field(default=SecretStr(""), description="Access key id.")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="Secret access key.")


class Limits(Part):
    """How much one may send."""

    file_bytes: int = Field(default=25 * MIB, ge=1024, description="Largest file.")
    submission_bytes: int = Field(
        default=100 * MIB, ge=1024, description="All files of one submission together."
    )
    submission_files: int = Field(default=20, ge=1, le=100, description="Files in one submission.")
    json_bytes: int = Field(default=MIB, ge=1024, description="Largest JSON body.")
    form_fields: int = Field(default=300, ge=20, le=2000, description="Fields in one form.")
    body_seconds: float = Field(
        default=120, gt=0, description="A request's whole body must have arrived by then."
    )
    header_seconds: float = Field(
        default=10, gt=0, description="A request's headers must have arrived by then."
    )
    draft_days: int = Field(default=30, ge=1, description="Untouched drafts are swept after that.")
    confirm_days: int = Field(
        default=30, ge=1, description="Unconfirmed revisions expire after that."
    )


class Rates(Part):
    """How often strangers may knock; counted per process or in the database for all processes."""

    store: Literal["memory", "database"] = Field(
        default="memory", description="Where hits are counted."
    )
    submissions: str = Field(
        default="100/hour",
        description="Submissions from one network address; ten times as many forms of any kind.",
    )
    submissions_everywhere: str = Field(
        default="2000/hour", description="Submissions from all addresses together."
    )
    per_email: str = Field(
        default="20/day",
        description="Letters of one kind that strangers can have sent to one e-mail address; "
        "what goes beyond is dropped unsaid.",
    )
    sign_ins: str = Field(default="10/minute", description="Sign-in tries from one address.")
    sign_ins_per_account: str = Field(
        default="10/15minutes",
        description="Sign-in tries on one account from one address or one known browser.",
    )
    sign_ins_everywhere: str = Field(
        default="100/hour",
        description="Sign-in tries on one account from all addresses; known browsers go past.",
    )


class Settings(BaseSettings):
    """Set with environment variables or `.env`: EXHIBIT_PORT, EXHIBIT_MAIL__HOST, …"""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=SEPARATOR,
        env_file=".env",
        extra="ignore",
        frozen=True,
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0: any.")
    data_dir: Path = Field(default=Path("var"), description="Folder that everything is kept in.")
    database_url: str = Field(
        default="", description="postgresql://… or sqlite:///…; empty: exhibit.db in the folder."
    )
    database_connections: int = Field(
        default=20, ge=2, le=1000, description="Most connections of one server process to it."
    )
    base_url: HttpUrl | None = Field(
        default=None, description="Public address of the site, for links; empty: host and port."
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="At least 32 characters; empty: made and kept on disk."
    )
    hosts: list[str] = Field(
        default=[],
        description="Host names that are answered; empty: any loopback name and base_url's.",
    )
    behind_proxy: bool = Field(
        default=False, description="Trust X-Forwarded-For and -Proto of the machine in front."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged."
    )
    company: Company = Company()
    mail: Mail = Mail()
    blobs: Blobs = Blobs()
    limits: Limits = Limits()
    rates: Rates = Rates()

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < KEY_LENGTH:
            raise ValueError(f"too short: use {KEY_LENGTH} characters or more")
        return key

    @field_validator("database_url")
    @classmethod
    def _is_known(cls, url: str) -> str:
        if url and not _names_a_database(url):
            raise ValueError("must be postgresql://user:password@host/name or sqlite:///file")
        return url

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'exhibit.db'}"

    @property
    def site(self) -> str:
        """The public address of the site, without a slash at the end."""
        if self.base_url:
            return str(self.base_url).rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether people come by HTTPS, so that cookies may insist on it."""
        return self.site.startswith("https://")

    def with_blobs_at(self, url: str) -> "Settings":
        """The same, with files kept elsewhere."""
        return self.model_copy(update={"blobs": self.blobs.model_copy(update={"url": url})})


def variables(
    model: type[BaseModel] = Settings, prefix: str = PREFIX
) -> Iterator[tuple[str, FieldInfo]]:
    """Each setting with its variable's name."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from variables(kind, f"{prefix}{name.upper()}{SEPARATOR}")
        else:
            yield f"{prefix}{name.upper()}", field


def _names_a_database(url: str) -> bool:
    try:
        parts = make_url(url)
    except ArgumentError:
        return False
    if parts.get_backend_name() == "sqlite":
        return bool(parts.database) and parts.database != ":memory:"
    return parts.get_backend_name() == "postgresql"
