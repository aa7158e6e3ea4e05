#!/bin/sh
# Makes the speech and the hold music again. Needs espeak-ng, sox and opusenc.
set -eu
cd "$(dirname "$0")"
say() { # file voice words-per-minute text
    espeak-ng -v "$2" -s "$3" -w "$1.espeak.wav" "$4"
    sox "$1.espeak.wav" -r 48000 -c 1 "$1.wav" norm -3 pad 0.3 0.6
    opusenc --quiet --speech --bitrate 20 --comp 10 --discard-comments --serial 1 "$1.wav" "$1.opus"
    rm "$1.espeak.wav" "$1.wav"
}
say customer_ada en-gb+f3 150 "Hello, this is Ada Lovelace. I ordered a difference engine three weeks ago, and it has still not arrived. The order number is two two seven one. Could you tell me where it is, please?"
say customer_grace en-us+f2 160 "Hi there, Grace speaking. There seems to be a moth in my relay again. Could somebody send a technician this week? Thursday morning would suit me best."
say customer_alan en-gb+m3 150 "Good afternoon. My machine stopped, and I could not tell in advance whether it would. I would like to know if it is still under warranty."
say customer_katherine en-us+f4 155 "Good morning, Katherine Johnson here. I checked the numbers on my invoice by hand, and one of them is wrong. Can we go through it together?"
say colleague_dorothy en-us+f5 160 "Dorothy Vaughan, billing. Yes, I have the account open. Put the customer through and I will take it from here."
say colleague_charles en-gb+m2 150 "Charles, technical support. Go ahead, I am listening. If it is about the printer, have they tried turning the handle?"

parts=""
i=0
for chord in "A3 E4 A4 C#5" "F#3 C#4 F#4 A4" "D3 A3 D4 F#4" "E3 B3 E4 G#4"; do
    set -- $chord
    sox -n -r 48000 -c 4 "chord$i.wav" synth 4 pluck "$1" pluck "$2" pluck "$3" pluck "$4" delay 0 0.5 1.0 1.5
    sox "chord$i.wav" -c 1 "part$i.wav" norm -3 fade t 0 4 0.3
    parts="$parts part$i.wav"
    i=$((i + 1))
done
# shellcheck disable=SC2086
sox $parts -b 16 hold.wav
opusenc --quiet --music --bitrate 32 --comp 10 --discard-comments --serial 1 hold.wav hold_music.opus
rm -f hold.wav chord*.wav part*.wav
