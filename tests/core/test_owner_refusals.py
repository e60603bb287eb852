"""Tests for chatd.core.owner_refusals."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.owner_refusals import (
    ArchiveSilent,
    KeyTaken,
    LastKey,
    LettersFull,
    NameOwned,
    NoSuchKey,
    NotOwned,
    OneTimePasswordOver,
    OnlyByKey,
    OwnerNotHere,
    OwnerRefusal,
    OwnsAlready,
    PeopleNotRead,
    PeopleNotWritten,
    RegisteredTooOften,
    TooManyGuesses,
    TooManyKeys,
    TooManyLogins,
    TooManyOwners,
)


class SentenceTests(SynchronousTestCase):
    def test_sentences(self) -> None:
        """Each refusal is one sentence that says what was wrong, without a full stop."""
        for refusal, words in (
            (NameOwned("bob", "bob"), '"bob" has an owner; /nick'),
            (NameOwned("bоb", "bob"), '(it looks like "bob")'),
            (OwnsAlready("bob"), "you own bob already"),
            (TooManyOwners(20_000), "20,000 names have owners"),
            (RegisteredTooOften(3, 7200.0), "try again in 2 hours"),
            (NotOwned("bob"), '"bob" has no owner'),
            (TooManyGuesses(10, 61.0), "try again in a minute"),
            (TooManyGuesses(10, 300.0), "try again in 5 minutes"),
            (TooManyLogins(), "in a moment"),
            (OnlyByKey("bob"), "come with ssh"),
            (OneTimePasswordOver("bob"), "valid for a day"),
            (KeyTaken("bob"), "bob's already"),
            (TooManyKeys(10), "10 keys"),
            (NoSuchKey("SHA256:x"), '"SHA256:x"'),
            (LastKey(), "/password sets one first"),
            (OwnerNotHere("bob"), "is not here"),
            (LettersFull("bob", 100, False), "100 lines wait"),
            (PeopleNotRead(), "try again later"),
            (PeopleNotWritten(), "nothing has changed"),
            (ArchiveSilent(), "try again later"),
        ):
            self.assertIn(words, str(refusal))
            self.assertFalse(str(refusal).endswith("."))

    def test_gives_back(self) -> None:
        """A line that was not sent is given back."""
        refusal = LettersFull("bob", 10, True, unsent="lunch?")
        self.assertEqual(refusal.unsent, "lunch?")
        self.assertEqual(
            str(refusal), "bob is not here, and 10 of your lines wait for bob already; your line was not sent"
        )

    def test_none_without_a_sentence(self) -> None:
        """A kind of refusal that has no sentence can't be raised."""
        self.assertRaises(NotImplementedError, OwnerRefusal)
