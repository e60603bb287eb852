"""The words of everything that people read: events, answers, refusals. Marks and bytes are the codecs' business."""
