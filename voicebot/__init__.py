"""连心线 (Lianxin Line): a public phone line that is always answered."""

__version__ = "0.1.0"
