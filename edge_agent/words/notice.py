"""
What is said about faces before one is enrolled, and on the wall by the camera, in the seven languages of the gate.

Not yet read by native speakers, nor by a lawyer: the manual says so.
"""

from typing import Literal

from edge_agent.words.answers import ScreenLanguage

NoticePart = Literal["title", "purpose", "kept", "choice", "rights"]

NOTICE: dict[NoticePart, tuple[str, ...]] = {
    "title": (
        "この カメラは 顔認証(かおにんしょう)を しています",
        "This camera uses face recognition",
        "Camera này nhận diện khuôn mặt",
        "Kamera ini memakai pengenalan wajah",
        "本摄像头使用人脸识别",
        "Gumagamit ng face recognition ang kamerang ito",
        "ဤကင်မရာသည် မျက်နှာမှတ်မိစနစ် သုံးသည်",
    ),
    "purpose": (
        "現場(げんば)に はいった人、でた人を 記録(きろく)する ためです。ほかの ことには つかいません。",
        "It records who enters and leaves this site, and is used for nothing else.",
        "Để ghi nhận ai vào và ra công trường. Không dùng vào việc khác.",
        "Untuk mencatat siapa masuk dan keluar lokasi. Tidak dipakai untuk hal lain.",
        "用于记录谁进入和离开工地，不作他用。",
        "Para itala kung sino ang pumapasok at lumalabas. Wala nang ibang gamit.",
        "လုပ်ငန်းခွင်သို့ ဝင်သူ ထွက်သူကို မှတ်တမ်းတင်ရန်ဖြစ်သည်။ အခြားအရာအတွက် မသုံးပါ။",
    ),
    "kept": (
        (
            "しゃしんは のこしません。同意(どうい)した人だけ、顔(かお)から 計算(けいさん)した 数字(すうじ)を"
            " 暗号(あんごう)にして のこし、現場(げんば)が おわったら けします。"
        ),
        (
            "No picture is kept. Of those who agree: numbers computed from the face, encrypted, erased when they leave"
            " the site for good."
        ),
        "Không lưu ảnh. Chỉ khi bạn đồng ý: các con số tính từ khuôn mặt được mã hoá, và xoá khi bạn rời công trường.",
        (
            "Gambar tidak disimpan. Hanya jika Anda setuju: angka hasil hitungan wajah, terenkripsi, dihapus saat Anda"
            " selesai di lokasi."
        ),
        "不保存图像。仅在您同意时，加密保存由面部计算出的数字，您离开工地后即删除。",
        (
            "Walang larawang itinatago. Kung pumayag ka lang: mga numerong kinuwenta sa mukha, naka-encrypt, binubura"
            " pagkatapos mo sa site."
        ),
        "ပုံကို မသိမ်းပါ။ သင်သဘောတူမှသာ မျက်နှာမှတွက်ထားသော ဂဏန်းများကို စာဝှက်၍ သိမ်းပြီး လုပ်ငန်းခွင်မှ ထွက်လျှင် ဖျက်ပါသည်။",
    ),
    "choice": (
        "いやな人は カードを つかって ください。そんは しません。",
        "You need not agree: use your card. It costs you nothing.",
        "Không bắt buộc: hãy dùng thẻ. Bạn không bị thiệt gì.",
        "Tidak wajib: pakai kartu Anda. Tidak ada ruginya.",
        "可以不同意：请用卡，不会有任何不利。",
        "Hindi sapilitan: gamitin ang iyong kard. Walang mawawala sa iyo.",
        "သဘောမတူလည်းရသည်။ ကတ်ကို သုံးပါ။ နစ်နာမှု မရှိပါ။",
    ),
    "rights": (
        "じぶんの データを いつでも きいたり、とめたり、けしたり できます。",
        "At any time you may ask what is kept, stop it, or have it erased.",
        "Bạn có thể hỏi, dừng hoặc yêu cầu xoá dữ liệu bất cứ lúc nào.",
        "Kapan saja Anda boleh menanyakan, menghentikan, atau menghapus data Anda.",
        "您可随时查询、停止使用或要求删除您的数据。",
        "Anumang oras, puwede mong itanong, ipatigil o ipabura ang iyong datos.",
        "သင့်ဒေတာကို အချိန်မရွေး မေးနိုင်၊ ရပ်နိုင်၊ ဖျက်ခိုင်းနိုင်သည်။",
    ),
}
"""One text for each language, in the order of `ScreenLanguage`."""


def notice_in(language: ScreenLanguage) -> dict[NoticePart, str]:
    """Return every part in this language."""
    place = list(ScreenLanguage).index(language)
    return {part: texts[place] for part, texts in NOTICE.items()}
