"""What the service keeps: the feedback of clinicians, in a database."""

from cds_service.records.feedback import FeedbackStore, KeptFeedback

__all__ = ["FeedbackStore", "KeptFeedback"]
